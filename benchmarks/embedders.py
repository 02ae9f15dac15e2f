"""What batching across tracks gains on short clips, and what the driver adds on long ones, for models of full size.

    python benchmarks/embedders.py [EMBEDDER ...]

Processor time on one thread, each model in a process of its own, the least of three turns. CREPE has its real weights,
all others random ones; the graphs of the Essentia family are those of `published_graphs.py`.

Short clips have 2 s and lie in memory at the model's rate. In batches, `embed_clips` of the driver cuts and pools them,
as many as a few seconds allow, at most 64. One at a time, a clip is cut likewise and its windows alone are the batch,
without filling up (but for EffNet-Discogs, whose graph takes 64 patches and no other number). The usual way is that of
those who published the model: Essentia's composite algorithm, made once and called for each clip, and for OpenL3, which
has none, the script of `essentia_openl3.py`; for CLMR and NeuralFP plain convolutions, as for CREPE, on the windows of
one clip; for MERT the model card's.

Long recordings are WAV files of 44.1 kHz. What the driver adds is all of the job's time outside the model, taken in the
same run, so that what else the machine does bears on both. The bare forward passes, of the same batches, have turns of
their own, and show whether the model takes as long inside the driver as without it.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "workflow" / "scripts"), str(ROOT / "tests" / "helpers")]

GRAPHS = {"vggish-audioset": "vggish", "msd-musicnn": "musicnn", "effnet-discogs": "effnet", "openl3": "openl3"}
NAMES = ("crepe-tiny", "crepe-full", *GRAPHS, "clmr-v2", "neuralfp", "mert-v1-95m")
SHORT_S, N_SHORT, BUDGET_S, TURNS = 2.0, 64, 2.0, 3
LONG_S = {"crepe-full": 30.0, "mert-v1-95m": 30.0}
FULL_MERT = {"conv_dim": [512] * 7, "hidden_size": 768, "intermediate_size": 3072, "num_attention_heads": 12}


def entry_of(name: str, folder: Path) -> dict:
    """The catalogue's entry, with weights in `folder`, which are written where they are not there."""
    from soundcheck.configuration import catalogue

    row = catalogue.load(ROOT).embedders[name]
    entry = {"family": row["family"], "name": name, **row["options"]}
    if name in GRAPHS:
        entry["weights"] = str(folder / f"{GRAPHS[name]}.pb")
        entry |= {"output": "embeddings"} if name == "effnet-discogs" else {}
    elif row["family"] in _WRITERS:
        entry["weights"] = str(folder / row["family"])
        _WRITERS[row["family"]](folder / row["family"])
    return entry


def _write_clmr(path: Path) -> None:
    from models import clmr_model

    clmr_model.write(path)


def _write_neuralfp(folder: Path) -> None:
    from models import neuralfp_model

    folder.mkdir()
    neuralfp_model.write(folder / "ckpt-100")


def _write_mert(folder: Path) -> None:
    from models import mert_model

    mert_model.write(folder, "95M", **FULL_MERT)


_WRITERS = {"clmr": _write_clmr, "neuralfp": _write_neuralfp, "huggingface": _write_mert}


# --- short clips ----------------------------------------------------------------------------------------------------


def short_clips(embedder, entry: dict) -> dict:
    """Milliseconds of processor time a clip: the usual way, alone, in batches, and that of cutting it."""
    from usual_ways import usual_way

    from soundcheck.embedding import check

    clips = [check.music(SHORT_S, embedder.sample_rate, seed) for seed in range(N_SHORT)]
    single = {"usual": usual_way(entry, embedder), "alone": _alone(embedder, entry), "cut": _cut(embedder)}
    ways = {way: _one_by_one(function) for way, function in single.items() if function}
    ways["batches"] = _batches(embedder)
    for way in ways.values():
        way(clips[:1])
    turns = [{name: 1000 * way(clips) for name, way in ways.items()} for _ in range(TURNS)]
    return {name: min(turn[name] for turn in turns) for name in ways}


def in_essentia(name: str, folder: Path) -> float:
    """Milliseconds a clip of Essentia's own way; in a process without the tensorflow package."""
    import essentia

    essentia.log.infoActive = essentia.log.warningActive = False

    import usual_ways

    from soundcheck.embedding import check

    entry = entry_of(name, folder)
    usual = usual_ways.openl3_script if name == "openl3" else usual_ways.composite_algorithm
    embed, sample_rate = usual(entry)
    clips = [check.music(SHORT_S, sample_rate, seed) for seed in range(N_SHORT)]
    embed(clips[0])
    return 1000 * min(_one_by_one(embed)(clips) for _ in range(TURNS))


def _one_by_one(function: Callable) -> Callable:
    def seconds_a_clip(clips: list) -> float:
        done = 0
        clock = Clock()
        for clip in _while_time_lasts(clips):
            function(clip)
            done += 1
        return clock() / done

    return seconds_a_clip


def _alone(embedder, entry: dict) -> Callable:
    import numpy as np

    # The only graph of a fixed size; what Essentia's own algorithm does with it, too.
    filled = embedder.batch_size if entry["name"] == "effnet-discogs" else 0

    def embed(clip):
        windows = np.array(embedder.cut(clip))
        more = np.zeros((max(0, filled - len(windows)), *windows.shape[1:]), np.float32)
        return embedder.forward(np.concatenate([windows, more]))[: len(windows)].mean(axis=(0, 1))

    return embed


def _cut(embedder) -> Callable:
    return lambda clip: list(embedder.cut(clip))


def _batches(embedder) -> Callable:
    from soundcheck.audio.preparation import Clip
    from soundcheck.embedding.driver import Model, embed_clips

    def seconds_a_clip(clips: list) -> float:
        clock = Clock()
        named = (Clip(str(number), clip) for number, clip in enumerate(_while_time_lasts(clips)))
        done = sum(track.pool.result() is not None for track in embed_clips(named, Model("model", embedder)))
        return clock() / done

    return seconds_a_clip


def _while_time_lasts(clips: list) -> Iterator:
    clock = Clock()
    for clip in clips:
        yield clip
        if clock() > BUDGET_S:
            return


# --- long recordings ------------------------------------------------------------------------------------------------


def long_recording(embedder, name: str) -> dict:
    """Seconds of processor time of a job on one recording, and where they go; those of its forward passes alone."""
    import dataclasses

    import soundfile

    from soundcheck.audio.preparation import Condition
    from soundcheck.embedding import check, driver

    duration_s = LONG_S.get(name, 120.0)
    forward, cut = Timed(embedder.forward, keeps=True), Timed(lambda samples: list(embedder.cut(samples)))
    model = driver.Model(name, dataclasses.replace(embedder, forward=forward, cut=cut))
    turns, bare = [], []
    with tempfile.TemporaryDirectory() as folder:
        soundfile.write(f"{folder}/long.wav", check.music(duration_s, 44_100), 44_100)
        condition = Condition(folder, "clean", [], 42, embedder.sample_rate)
        for _ in range(TURNS):
            forward.reset(), cut.reset()
            clock = Clock()
            statistics = driver.embed(
                [("long", "long.wav", duration_s)], condition, model, f"{folder}/e.parquet", f"{folder}/a.csv", {}
            )
            parts = {"job": clock(), "forward": forward.seconds, "cut": cut.seconds}
            turns.append(parts | {"preparation": statistics.preparation_s})
            clock = Clock()
            for batch in forward.kept:
                embedder.forward(batch)
            bare.append(clock())
    return min(turns, key=lambda turn: turn["job"]) | {"bare": min(bare), "audio": duration_s}


class Timed:
    """A function, the seconds of processor time spent in it, and what it was called with where it `keeps` that."""

    def __init__(self, function: Callable, keeps: bool = False) -> None:
        self.function, self.keeps = function, keeps
        self.reset()

    def reset(self) -> None:
        self.seconds, self.kept = 0.0, []

    def __call__(self, argument):
        clock = Clock()
        result = self.function(argument)
        self.seconds += clock()
        if self.keeps:
            self.kept.append(argument)
        return result


class Clock:
    """Seconds of processor time, of all threads, since it was made."""

    def __init__(self) -> None:
        self.begun = time.process_time()

    def __call__(self) -> float:
        return time.process_time() - self.begun


# --- all of them ----------------------------------------------------------------------------------------------------


def job(name: str, folder: Path) -> dict:
    """Both measurements of one model, in this process."""
    from soundcheck.plumbing.jobs import keep_freed_memory, single_threaded

    single_threaded()
    keep_freed_memory()
    entry = entry_of(name, folder)
    if name not in GRAPHS:
        import torch

        torch.set_num_threads(1)
    from soundcheck.embedding import families

    embedder = families.load(entry, "cpu")
    short, long = short_clips(embedder, entry), long_recording(embedder, name)
    return {"batch": embedder.batch_size, "short": short, "long": long}


def in_own_process(*arguments: object) -> str:
    """Run a script in a fresh process with one thread for everything; the last line that it prints."""
    variables = dict.fromkeys(("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"), "1")
    command = [sys.executable, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | variables, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    return (done.stdout.splitlines() or [""])[-1]


def main() -> None:
    """Print a Markdown table."""
    names = sys.argv[1:] or NAMES
    print(
        "| embedder | batch | 2 s, usual way (ms a clip) | alone | in batches | of it cutting | "
        "gain over the usual way | over alone | long (s) | bare forward passes (s) | in the driver (s) | it adds | "
        "decoding, resampling | cutting | the rest |\n|---|" + "---:|" * 14
    )
    with tempfile.TemporaryDirectory() as folder:
        if set(names) & set(GRAPHS):
            in_own_process(Path(__file__).with_name("published_graphs.py"), folder)
        for name in names:
            found = json.loads(in_own_process(__file__, "--job", name, folder))
            if name in GRAPHS:
                found["short"]["usual"] = float(in_own_process(__file__, "--in-essentia", name, folder))
            print(row(name, found), flush=True)


def row(name: str, found: dict) -> str:
    """A line of the table."""
    short, long = found["short"], found["long"]
    usual = short.get("usual")
    shares = {part: long[part] / long["forward"] for part in ("job", "preparation", "cut")}
    rest = shares["job"] - 1 - shares["preparation"] - shares["cut"]
    cells = [
        name,
        found["batch"],
        f"{usual:,.1f}" if usual else "",
        *(f"{short[way]:,.1f}" for way in ("alone", "batches", "cut")),
        f"{usual / short['batches']:.1f}" if usual else "",
        f"{short['alone'] / short['batches']:.1f}",
        f"{long['audio']:.0f}",
        *(f"{long[way]:.2f}" for way in ("bare", "forward")),
        *(f"{share:.1%}" for share in (shares["job"] - 1, shares["preparation"], shares["cut"], rest)),
    ]
    return f"| {' | '.join(map(str, cells))} |"


if __name__ == "__main__":
    if sys.argv[1:2] == ["--job"]:
        print(json.dumps(job(sys.argv[2], Path(sys.argv[3]))))
    elif sys.argv[1:2] == ["--in-essentia"]:
        print(in_essentia(sys.argv[2], Path(sys.argv[3])))
    else:
        main()
