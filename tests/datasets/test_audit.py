"""The audit: known leaks are caught, what may be allowed is, and everything that parts share or lack is a finding."""

from types import SimpleNamespace

import pyarrow as pa
import pytest
import soundfile
from markup import read_html

from soundcheck import parquet
from soundcheck.audio import duplicates, fingerprints
from soundcheck.datasets import audit
from soundcheck.datasets.splits.table import SCHEMA
from soundcheck.embedding.check import music
from soundcheck.plumbing.errors import SoundcheckError
from soundcheck.presenting import pages

TECHNIQUES = ["belt", "straight", "vibrato"]


def write_split(path, rows, task="technique_identification", split="single", grouped_by="singer"):
    """A split table of `(track_id, part, label, group)` rows, or `(..., fold)`."""
    columns = ("track_id", "part", "label", "group", "fold")
    rows = [dict(zip(columns, (*row, 0)[:5], strict=True)) | {"reason": None} for row in rows]
    rows = [row | {"label": [row["label"]]} for row in rows]
    meta = {"dataset": "mine", "task": task, "split": split, "grouped_by": grouped_by, "classes": TECHNIQUES}
    parquet.write(pa.Table.from_pylist(rows, SCHEMA), path, meta)


@pytest.fixture
def audited(tmp_path):
    """Audit a split of tracks without audio, unless `digests` say what their samples are."""

    def run(rows, *, columns=None, digests=None, near=(), allowed=(), published=None, **options):
        track_ids = sorted({row[0] for row in rows})
        digests = {track: track for track in track_ids} | (digests or {})
        parquet.write(
            pa.table({"track_id": track_ids, "digest": [digests[track] for track in track_ids]}),
            tmp_path / "fingerprints.parquet",
        )
        columns = {name: [values.get(track) for track in track_ids] for name, values in (columns or {}).items()}
        parquet.write(pa.table({"track_id": track_ids, **columns}), tmp_path / "tracks.parquet")
        near = [pair if len(pair) > 2 else (*pair, 0.1, 0.0, 3.0) for pair in near]
        duplicates.write([duplicates.NearDuplicate(*pair) for pair in near], tmp_path / "near.csv")
        write_split(tmp_path / "split.parquet", rows, **options)
        paths = (tmp_path / name for name in ("split.parquet", "tracks.parquet", "fingerprints.parquet", "near.csv"))
        return audit.audit(*paths, allowed=allowed, published=published)

    return run


def of_kind(found, kind):
    return [finding for finding in found if finding.kind == kind]


def clean(n_each=3):
    """A split without a fault: singers f1 to f3, each in a part of their own."""
    return [
        (f"{singer}_{technique}_{take}", part, technique, singer)
        for singer, part in (("f1", "train"), ("f2", "validation"), ("f3", "test"))
        for technique in TECHNIQUES
        for take in range(n_each)
    ]


def test_a_split_without_a_fault_has_no_finding(audited):
    assert audited(clean()) == []


def test_validation_singers_whose_clips_are_also_in_train_stop(audited):
    """The published technique split took singers f9, m9 and m11 from train, and a loader left them there."""
    rows = clean()
    rows += [(track, "train", label, group) for track, part, label, group in rows if part == "validation"]
    found = audited(rows)
    leaks = of_kind(found, "id")
    assert len(leaks) == 9
    assert {(leak.part_a, leak.part_b, leak.verdict) for leak in leaks} == {("train", "validation", "stop")}
    with pytest.raises(
        SoundcheckError, match=r"The same track is in two parts \(9 in train and validation\): f2_belt_0 "
    ) as error:
        audit.stop_if_leaking(found, "dataset 'mine'", "all.csv")
    assert "and 4 more" in str(error.value)
    assert "All of them: all.csv" in str(error.value)
    assert "allow_overlap" not in str(error.value)
    (group,) = of_kind(found, "group")
    assert group.detail == "singer 'f2': 9 in train, 9 in validation"


def test_equal_audio_under_other_labels_is_a_warning_also_within_a_part(audited):
    rows = [*clean(), ("x", "train", "belt", "f1"), ("y", "train", "vibrato", "f1"), ("z", "train", "belt", "f1")]
    found = audited(rows, digests=dict.fromkeys("xyz", "the same"))
    assert [(finding.kind, finding.track_a, finding.track_b, finding.verdict) for finding in found] == [
        ("label", "x", "y", "warning")
    ]
    assert found[0].detail == "equal samples, labelled 'belt' and 'vibrato'"
    audit.stop_if_leaking(found, "dataset 'mine'", "all.csv")


def test_validation_singers_with_other_clips_in_train_are_a_warning(audited):
    rows = [*clean(), ("f2_other", "train", "belt", "f2"), ("f3_other", "train", "belt", "f3")]
    found = audited(rows)
    assert [(finding.kind, finding.part_b, finding.verdict) for finding in found] == [
        ("group", "validation", "warning"),
        ("group", "test", "warning"),
    ]
    audit.stop_if_leaking(found, "dataset 'mine'", "all.csv")


def test_bit_identical_files_under_other_names_stop_unless_they_are_allowed(tmp_path):
    """As in MTG-Jamendo, where 990 files lie in sets of bit-identical duplicates; here one set of three."""
    parts = {"train": ["a", "b", "copy-of-a"], "validation": ["c"], "test": ["d", "another-copy-of-a"]}
    for name in "abcd":
        soundfile.write(tmp_path / f"{name}.wav", music(1.0, 16_000, seed=ord(name)), 16_000)
    samples, rate = soundfile.read(tmp_path / "a.wav")
    soundfile.write(tmp_path / "copy-of-a.wav", samples, rate)
    soundfile.write(tmp_path / "another-copy-of-a.flac", samples, rate)
    files = {path.stem: path.name for path in tmp_path.glob("*.*") if path.suffix in (".wav", ".flac")}
    fingerprints.write_fingerprints(sorted(files.items()), tmp_path, tmp_path / "fingerprints.parquet")
    duplicates.write(duplicates.near_duplicates(tmp_path / "fingerprints.parquet"), tmp_path / "near.csv")
    parquet.write(pa.table({"track_id": sorted(files)}), tmp_path / "tracks.parquet")
    rows = [(track, part, "belt", None) for part, tracks in parts.items() for track in tracks]
    write_split(tmp_path / "split.parquet", rows, grouped_by=None)
    paths = [tmp_path / name for name in ("split.parquet", "tracks.parquet", "fingerprints.parquet", "near.csv")]

    *found, no_group = audit.audit(*paths)
    assert (no_group.kind, no_group.detail, no_group.verdict) == ("group", "no group is known", "passed")
    pairs = {(finding.track_a, finding.track_b, finding.part_a, finding.part_b) for finding in found}
    assert pairs == {("a", "another-copy-of-a", "train", "test"), ("copy-of-a", "another-copy-of-a", "train", "test")}
    with pytest.raises(SoundcheckError, match=r"dataset 'x': the parts overlap\. The same audio") as error:
        audit.stop_if_leaking(found, "dataset 'x'", "all.csv")
    assert "a (train) = another-copy-of-a (test)" in str(error.value)
    assert "allow_overlap: [audio]" in str(error.value)

    allowed = audit.audit(*paths, allowed=["audio"])
    assert {finding.verdict for finding in allowed} == {"allowed", "passed"}
    audit.stop_if_leaking(allowed, "dataset 'x'", "all.csv")


def test_what_is_allowed_for_audio_is_not_allowed_for_ids(audited):
    found = audited([*clean(), ("f1_belt_0", "test", "belt", "f1")], allowed=["audio"])
    assert of_kind(found, "audio") == []
    with pytest.raises(SoundcheckError, match="The same track is in two parts"):
        audit.stop_if_leaking(found, "dataset 'mine'", "all.csv")


@pytest.mark.parametrize(("part_a", "part_b"), [("train", "test"), ("validation", "test"), ("train", "validation")])
def test_equal_audio_in_any_two_parts_stops(audited, part_a, part_b):
    rows = [*clean(), ("x", part_a, "belt", None), ("y", part_b, "belt", None)]
    (leak,) = of_kind(audited(rows, digests={"x": "same", "y": "same"}), "audio")
    assert (leak.part_a, leak.track_a, leak.part_b, leak.track_b, leak.verdict) == (part_a, "x", part_b, "y", "stop")


def test_equal_audio_in_one_part_or_left_out_or_in_another_fold_is_no_finding(audited):
    rows = [*clean(), ("x", "train", "belt", None), ("y", "train", "belt", None), ("z", "left_out", "belt", None)]
    other_fold = [("f1_belt_0", "test", "belt", "f1", 1), ("f2_belt_0", "train", "belt", "f2", 1)]
    found = audited([*rows, *other_fold], digests=dict.fromkeys("xyz", "same"))
    assert {finding.kind for finding in found} <= {"class"}


def test_tracks_that_could_not_be_compared_equal_nothing(audited):
    for label in ("belt", "vibrato"):
        rows = [*clean(), ("x", "train", "belt", None), ("y", "test", label, None)]
        assert audited(rows, digests={"x": None, "y": None}) == []


def test_near_duplicates_in_two_parts_warn_with_the_earlier_part_first(audited):
    near = [("f1_belt_0", "f1_belt_1"), ("f3_belt_0", "f1_belt_0")]
    (finding,) = audited(clean(), near=near)
    assert (finding.kind, finding.verdict, finding.detail) == (
        "near_duplicate",
        "warning",
        "3.0 s in common, 0.1 dB apart",
    )
    assert (finding.track_a, finding.part_a, finding.part_b) == ("f1_belt_0", "train", "test")


def test_copies_that_are_known_by_their_samples_say_how_coherent_they_are(audited):
    found = audited(clean(), near=[("f1_belt_0", "f2_belt_0", None, 0.0, 3.0, 0.985)])
    assert found[0].detail == "3.0 s in common, in phase (coherence 0.985)"


def test_artists_and_albums_of_the_metadata_are_groups_once_under_one_name(audited):
    rows = [(f"t{i}", part, "belt", None) for i, part in enumerate(["train", "train", "validation", "test"])]
    artist = {"t0": "A", "t1": "B", "t2": "C", "t3": "A"}
    album = {"t0": "first", "t1": "second", "t2": "second", "t3": "third"}
    found = audited(
        rows, columns={"artist": artist, "artist_id": {k: v * 2 for k, v in artist.items()}, "album": album}
    )
    assert [finding.detail for finding in found] == [
        "artist 'A': 1 in train, 1 in test",
        "album 'second': 1 in train, 1 in validation",
    ]


def test_classes_that_a_part_lacks_are_listed(audited):
    rows = [row for row in clean() if row[1:3] not in (("test", "belt"), ("train", "vibrato"))]
    assert {(finding.part_a, finding.detail) for finding in audited(rows)} == {
        ("test", "no track of 'belt'"),
        ("train", "no track of 'vibrato'"),
    }


def test_counts_are_compared_with_the_published_ones_fold_by_fold(audited):
    published = {"technique_identification": {"single": {"train": 9, "test": [10]}}}
    found = of_kind(audited(clean(), published=published), "count")
    assert [(finding.part_a, finding.detail, finding.verdict) for finding in found] == [
        ("train", "9 tracks, 9 published", "passed"),
        ("test", "9 tracks, 10 published", "warning"),
    ]
    assert of_kind(audited(clean(), published=published, split="all"), "count") == []


def test_numbers_for_each_fold_follow_the_order_of_the_folds_whatever_they_are_called(audited):
    rows = [(*row, fold) for row in clean() for fold in (1, 2, 5)]
    published = {"technique_identification": {"all": {"train": [9, 9, 8]}}}
    found = of_kind(audited(rows, published=published, split="all"), "count")
    assert [(finding.fold, finding.verdict) for finding in found] == [(1, "passed"), (2, "passed"), (5, "warning")]


def test_findings_are_read_back_as_they_were_written(audited, tmp_path):
    found = audited([*clean(), ("x, y", "train", "belt", "f3")])
    audit.write(found, tmp_path / "audit.csv")
    assert audit.read(tmp_path / "audit.csv") == found
    assert (tmp_path / "audit.csv").read_text().splitlines()[0] == ",".join(audit.COLUMNS)


def test_an_audit_that_stops_leaves_all_findings_beside_its_place_and_one_that_passes_leaves_none_there(
    audited, tmp_path
):
    path, stopped = tmp_path / "audit" / "single.csv", tmp_path / "audit" / "single.stopped.csv"
    path.parent.mkdir()
    leaking = audited([*clean(), ("f1_vibrato_0", "test", "vibrato", "f1")])
    assert {finding.verdict for finding in leaking} > {audit.STOP}
    with pytest.raises(SoundcheckError, match=r"mine: the parts overlap.*single\.stopped\.csv"):
        audit.write_or_stop(leaking, path, "mine")
    assert audit.read(stopped) == leaking
    assert not path.exists()
    for _ in range(2):
        audit.write_or_stop(audited(clean()), path, "mine")
        assert audit.read(path) == audited(clean())
        assert not stopped.exists()


def test_the_page_shows_every_split_what_was_allowed_and_what_was_not_compared(audited, tmp_path):
    faulty = audited([*clean(), ("x", "test", "belt", "f1")], digests={"x": "f1_belt_0"}, allowed=["audio"])
    groupless = audited([(track, part, label, None) for track, part, label, _ in clean()], grouped_by=None)
    each = [faulty, audited(clean()), groupless]
    cells = [SimpleNamespace(found=found, name=f"{i}.csv") for i, found in enumerate(each)]
    for cell in cells:
        audit.write(cell.found, tmp_path / cell.name)
    axes = [{"dataset": name, "task": "key_estimation", "split": "single"} for name in ("faulty", "sound", "groupless")]
    parquet.write(pa.table({"track_id": ["a", "b"], "left_out": [None, "silent"]}), tmp_path / "f.parquet")
    paths = [tmp_path / cell.name for cell in cells]
    files = {"audits": paths, "fingerprints": [tmp_path / "f.parquet"]}
    page = read_html(pages.make("audit", files, {"evaluations": axes, "datasets": ["faulty"]}).html)
    assert page.tables[0][1:] == [
        ["faulty", "Key estimation", "single", "0", "1, allowed", "0", "0", "1", "0", "none published"],
        ["sound", "Key estimation", "single", "0", "0", "0", "0", "0", "0", "none published"],
        ["groupless", "Key estimation", "single", "0", "0", "0", "0", "no group is known", "0", "none published"],
    ]
    assert ["train", "f1_belt_0", "test", "x", "equal samples", "allowed", "0"] in page.tables[1]
    assert page.tables[-1][1] == ["b", "silent"]
    assert "faulty: 1 track could not be compared" in page.text
