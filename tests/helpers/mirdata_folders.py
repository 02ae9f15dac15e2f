"""Miniatures of datasets as mirdata expects them, with files that are not audio."""

import json

from soundcheck.datasets.sources import mirdata_adapter

# What the annotations of the electronic music collections look like, and what becomes of each.
KEYS = {
    "100066 Lindstrom - Monsteer (Original Mix)": ("D minor", ["D minor"]),
    "100067 A - Flat (Original Mix)": ("Db major\n", ["C# major"]),
    "100068 B - Flat (Original Mix)": ("  Bb   minor ", ["A# minor"]),
    "100069 A, B - Odd (Original Mix)": ("F#_ minor", ["F# minor"]),
    "100070 C - Rare (Original Mix)": ("Cb major", ["B major"]),
    "100071 C - Rare (Remix)": ("E# minor", ["F minor"]),
    "100072 D - Two (Original Mix)": ("A minor | C major", "2 keys are annotated (A minor, C major)"),
    "100073 D - None (Original Mix)": ("unknown", "'x' is not one major or minor key"),
    "100074 E - Other (Original Mix)": ("E minor other", "'E minor other' is not one major or minor key"),
    "100075 E - Other (Remix)": ("E other", "'E other' is not one major or minor key"),
    "100076 F - Mode (Original Mix)": ("D dorian", "unknown key 'D dorian'"),
}
N_KEYS = 6
KEY_DATASETS = {"beatport_key": ("keys", "1.0.0"), "giantsteps_key": ("keys_gs+", "+")}
COLUMNS = (
    "Path,Fold,Family,Instrument (abbr.),Instrument (in full),Technique (abbr.),Technique (in full),Pitch,Pitch ID,"
    "Dynamics,Dynamics ID,Instance ID,String ID (if applicable),Needed digital retuning"
)
INSTRUMENTS = {"Vc": ("Strings", "Violoncello"), "Fl": ("Winds", "Flute"), "ClBb": ("Winds", "Clarinet in B-flat")}
PITCHES = ("C4", "A#4", "G5", "C5", "F#3")
N_TINYSOL = len(INSTRUMENTS) * len(PITCHES) * 5
MEDLEY = {"train": ("flute", 1), "validation": ("flute", 2), "test": ("piano", 3)}


def write(path, content=b"not audio"):
    """A file, with its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


def write_index(folder, name, tracks):
    """An index in the form of mirdata's, checksums invented."""
    files = {name: {kind: [file, "0" * 32] for kind, file in files.items()} for name, files in tracks.items()}
    write(folder / name, json.dumps({"version": "1", "tracks": files}))


def write_keys(folder, keys_folder, index):
    """A miniature of the published layout: audio, annotations, Beatport's metadata, mirdata's index."""
    tracks = {}
    for number, (name, (key, _)) in enumerate(KEYS.items(), start=1):
        files = {"audio": f"audio/{name}.mp3", "meta": f"meta/{name}.json", "key": f"{keys_folder}/{name}.txt"}
        artists = [{"id": 1, "name": artist} for artist in name.split(" ", 1)[1].split(" - ")[0].split(", ")]
        write(folder / files["audio"])
        write(folder / files["meta"], json.dumps({"artists": artists, "genres": [], "bpm": 120}))
        write(folder / files["key"], key)
        tracks[str(number)] = files
    write_index(folder, index, tracks)


def write_key_dataset(name, folder):
    """One of the two collections of keys; its name and its folder."""
    keys_folder, version = KEY_DATASETS[name]
    write_keys(folder, keys_folder, f"{name}_index_{version}.json")
    return name, folder


def write_tinysol(folder):
    """Three instruments, five pitches, each in every one of the five folds; the folder."""
    lines, tracks = [COLUMNS], {}
    for short, (family, instrument) in INSTRUMENTS.items():
        for pitch in PITCHES:
            for fold, dynamics in enumerate(("pp", "p", "mf", "f", "ff")):
                name = f"{short}-ord-{pitch}-{dynamics}-N-N"
                path = f"{family}/{instrument}/ordinario/{name}.wav"
                lines.append(
                    f"{path},{fold},{family},{short},{instrument},ord,ordinario,{pitch},60,{dynamics},{fold},0,,FALSE"
                )
                write(folder / "audio" / path)
                tracks[name] = {"audio": f"audio/{path}"}
    write(folder / "annotation" / "TinySOL_metadata.csv", "\n".join(lines))
    write_index(folder, "tinysol_index_6.0.json", tracks)
    return folder


def write_medley(folder, subsets=MEDLEY):
    """Solos, each in the subset that its name says."""
    lines, tracks = ["subset,instrument,instrument_id,song_id,uuid4"], {}
    for number, (subset, (instrument, song)) in enumerate(subsets.items()):
        identity = f"d07b1fc0-567d-52c2-fef4-{number:012}"
        lines.append(f"{subset},{instrument},3,{song},{identity}")
        tracks[identity] = {"audio": f"audio/Medley-solos-DB_{subset}-3_{identity}.wav"}
        write(folder / tracks[identity]["audio"])
    write(folder / "annotation" / "Medley-solos-DB_metadata.csv", "\n".join(lines))
    write_index(folder, "medley_solos_db_index_1.2.json", tracks)


def labels_of(folder, task, **options):
    """The label of each track, by its id."""
    tracks = mirdata_adapter.tracks(folder, **options)
    return dict(zip(tracks["track_id"], mirdata_adapter.labels(tracks, task), strict=True))
