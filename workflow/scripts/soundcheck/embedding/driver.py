"""The embedding driver, written once for all models: tracks in, one vector a track out, or its frames.

Worker processes decode, deform and resample ahead of the model (processes, since audiomentations draws from global
generators); windows of many tracks share a batch; several batches are in flight on the job's threads. Every arithmetic
operation runs on one thread and sees a batch of constant shape, so the embeddings of the same tracks are the same bytes
for any number of threads and any order. Among other tracks, an embedding may differ by rounding, up to 1e-6 of its
largest value: the kernels of some libraries sum in another order at another place in a batch.
"""

import dataclasses
import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

from soundcheck.audio.preparation import Clip, Condition, prepare
from soundcheck.embedding.families import Embedder
from soundcheck.embedding.in_workers import in_workers
from soundcheck.embedding.pooling import Pool
from soundcheck.embedding.store import AUDIO_COLUMNS, EmbeddingsWriter
from soundcheck.embedding.tracks import Statistics
from soundcheck.plumbing.devices import is_out_of_memory
from soundcheck.plumbing.errors import SoundcheckError, described
from soundcheck.plumbing.files import csv_rows
from soundcheck.plumbing.jobs.workers import Inline, processes
from soundcheck.plumbing.logs import progress, tell

# Prepared audio that waits for the model, in seconds: bounds memory, whatever the dataset's size.
PREFETCH_S = 240.0
# Of a recording whose header does not say how long it is.
_UNKNOWN_S = 60.0


@dataclass
class Track:
    """A track on its way through the model; `left_out` is the reason why it has no embedding."""

    track_id: str
    facts: dict
    pool: Pool
    left_out: str | None = None
    failed_in_model: bool = False
    n_windows: int = 0
    n_pooled: int = 0
    is_cut: bool = False
    n_samples: int = 0
    # Of each window that is under way: its place, and the samples in those before it.
    places: deque[tuple[int, int]] = field(default_factory=deque)
    times_s: list[np.ndarray] = field(default_factory=list)

    def take(self, window: np.ndarray) -> None:
        """Note that a window of this track goes to the model."""
        self.places.append((self.n_windows, self.n_samples))
        self.n_windows += 1
        self.n_samples += len(window)

    def fail(self, reason: str) -> None:
        """Leave this track out because of what the model did."""
        self.left_out, self.failed_in_model = reason, True


@dataclass(frozen=True)
class Model:
    """An embedder with the name under which the config knows it, and the resources of the job that runs it."""

    name: str
    embedder: Embedder
    threads: int = 1
    on_gpu: bool = False


def embed(
    tracks: Iterable[tuple[str, str, float | None]],
    condition: Condition,
    model: Model,
    embeddings_path: str | Path,
    audio_path: str | Path,
    metadata: dict,
) -> Statistics:
    """Embed `(track_id, path, duration_s)` tracks in one condition; write the embeddings and the audio table.

    Raises:
        SoundcheckError: the model fails, returns a wrong shape, or leaves out most tracks.
    """
    tracks = sorted(tracks)
    statistics = Statistics()
    started = time.thread_time()
    run = _run_in_workers if model.embedder.in_workers else _run_in_batches
    with (
        EmbeddingsWriter(embeddings_path, model.embedder.pooled_dimension, metadata | model.embedder.facts) as writer,
        csv_rows(audio_path, AUDIO_COLUMNS) as write_row,
    ):
        finished = run(tracks, condition, model, statistics)
        for track in progress(finished, f"{model.name} on {condition.scenario}", "tracks", len(tracks)):
            rows = _pooled(track, model)
            if track.left_out is None:
                writer.add(track.track_id, rows, np.concatenate(track.times_s) if track.times_s else None)
            write_row(
                track.facts
                | {"track_id": track.track_id, "n_windows": track.n_windows, "left_out": track.left_out or ""}
            )
            _count(track, statistics)
            _stop_if_mostly_left_out(track, statistics, len(tracks), model.name, condition.scenario)
    inline_s = statistics.model_s + statistics.preparation_s if model.threads == 1 else 0.0
    statistics.rest_s = max(0.0, time.thread_time() - started - inline_s)
    return statistics


def _pooled(track: Track, model: Model) -> np.ndarray | None:
    if track.left_out is not None:
        return None
    rows = track.pool.result()
    if not np.isfinite(rows).all():
        track.fail(f"{model.name} returned values that are not finite")
    return rows


def _count(track: Track, statistics: Statistics) -> None:
    statistics.n_embedded += track.left_out is None
    statistics.n_left_out += track.left_out is not None
    statistics.n_failed_in_model += track.failed_in_model


def _stop_if_mostly_left_out(track: Track, statistics: Statistics, n_tracks: int, name: str, scenario: str) -> None:
    last = f"the last one, {track.track_id}: {track.left_out}"
    if statistics.n_left_out == n_tracks:
        raise SoundcheckError(f"{name} on {scenario}: not one of {n_tracks} tracks could be embedded; {last}")
    if 2 * statistics.n_failed_in_model > n_tracks:
        raise SoundcheckError(
            f"{name} on {scenario}: the model fails on more than half of {n_tracks} tracks, so that a score would mean "
            f"little; {last}"
        )


def embed_clips(clips: Iterable[Clip], model: Model) -> Iterator[Track]:
    """The clips through the model, in order, as in a job but one batch after the other; `pool` has a track's rows."""
    queue: deque[Track] = deque()
    for owners, windows in _batches(clips, model, queue):
        frames, _ = _timed_forward(model.embedder, windows)
        _pool_frames(owners, frames, model)
        yield from _ready(queue)
    yield from _ready(queue)


def _ready(queue: deque[Track]) -> Iterator[Track]:
    while queue and queue[0].is_cut and queue[0].n_pooled == queue[0].n_windows:
        yield queue.popleft()


# --- models in this process: windows of many tracks share a batch ---------------------------------------------------


def _run_in_batches(
    tracks: list[tuple[str, str, float | None]], condition: Condition, model: Model, statistics: Statistics
) -> Iterator[Track]:
    n_workers = 0 if model.threads == 1 else model.threads - 1 if model.on_gpu else max(1, model.threads // 4)
    n_batches = 1 if not model.embedder.concurrent else 2 if model.on_gpu else model.threads
    if model.on_gpu:
        model = dataclasses.replace(model, embedder=in_smaller_batches(model.name, model.embedder))
    queue: deque[Track] = deque()
    with (
        processes(n_workers) as workers,
        Inline() if model.threads == 1 else ThreadPoolExecutor(n_batches) as model_threads,
    ):
        clips = _clips(workers, tracks, condition)
        for owners, frames, seconds in _forwarded(model_threads, _batches(clips, model, queue), model, n_batches):
            statistics.model_s += seconds
            _pool_frames(owners, frames, model)
            yield from _finished(queue, statistics)
        yield from _finished(queue, statistics)


def _clips(workers: Executor, tracks: list[tuple[str, str, float | None]], condition: Condition) -> Iterator[Clip]:
    """Prepared clips in the order of the tracks, a bounded number of seconds ahead."""
    ahead_s = 0.0 if isinstance(workers, Inline) else PREFETCH_S
    waiting: deque[tuple[Future, float]] = deque()
    waiting_s = 0.0
    for track_id, path, known_s in tracks:
        duration_s = _UNKNOWN_S if known_s is None else known_s
        while waiting and waiting_s + duration_s > ahead_s:
            future, seconds = waiting.popleft()
            waiting_s -= seconds
            yield future.result()
        waiting.append((workers.submit(prepare, track_id, path, condition), duration_s))
        waiting_s += duration_s
    while waiting:
        yield waiting.popleft()[0].result()


def _batches(
    clips: Iterable[Clip], model: Model, queue: deque[Track]
) -> Iterator[tuple[list[Track], list[np.ndarray]]]:
    """Windows of consecutive tracks in groups of the batch size, each with its track; the tracks join the queue."""
    owners: list[Track] = []
    windows: list[np.ndarray] = []
    for clip in clips:
        track = Track(clip.track_id, clip.facts, Pool(model.embedder.pooling), clip.left_out)
        queue.append(track)
        for window in () if clip.samples is None else model.embedder.cut(clip.samples):
            track.take(window)
            owners.append(track)
            windows.append(window)
            if len(windows) == model.embedder.batch_size:
                yield owners, windows
                owners, windows = [], []
        track.is_cut = True
    if windows:
        yield owners, windows


def _forwarded(
    model_threads: Executor, batches: Iterable[tuple[list[Track], list[np.ndarray]]], model: Model, n_batches: int
) -> Iterator[tuple[list[Track], np.ndarray | tuple | BaseException, float]]:
    """What the model returned for each batch, in order, while the next ones are under way on other threads."""
    waiting: deque[tuple[list[Track], Future]] = deque()
    for owners, windows in batches:
        waiting.append((owners, model_threads.submit(_timed_forward, model.embedder, windows)))
        if len(waiting) > n_batches or isinstance(model_threads, Inline):
            owners, future = waiting.popleft()
            yield owners, *future.result()
    while waiting:
        owners, future = waiting.popleft()
        yield owners, *future.result()


def _timed_forward(embedder: Embedder, windows: list[np.ndarray]) -> tuple[np.ndarray | tuple | BaseException, float]:
    # Always the same shape: the same kernels run, however full the batch is.
    batch = np.zeros((embedder.batch_size, *windows[0].shape), dtype=np.float32)
    np.stack(windows, out=batch[: len(windows)])
    # A library that one thread alone may call may compute in threads of its own, as TensorFlow does.
    clock = time.thread_time if embedder.concurrent else time.process_time
    start = clock()
    try:
        return embedder.forward(batch), clock() - start
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a user's model may call exit(), which would end the job as if it were done
        return error, clock() - start


def in_smaller_batches(name: str, embedder: Embedder) -> Embedder:
    """The embedder, which computes a batch in parts where the memory of the GPU does not hold the whole.

    Parts are half as large each time that it does not, and stay so; embeddings may differ by rounding. `name` is what
    messages call the embedder.
    """
    largest = embedder.batch_size

    def forward(batch: np.ndarray) -> np.ndarray | tuple:
        nonlocal largest
        while True:
            size = largest
            try:
                parts = [embedder.forward(batch[i : i + size]) for i in range(0, len(batch), size)]
            except Exception as error:
                if size == 1 or not is_out_of_memory(error):
                    raise
            else:
                return parts[0] if len(parts) == 1 else np.concatenate(parts)
            # Outside of `except`, whose traceback keeps the model's memory. Another thread may have been here.
            if size == largest:
                largest = (size + 1) // 2
                tell(f"note: the GPU's memory does not hold {size} windows of {name} at once: {largest} from now on")

    return dataclasses.replace(embedder, forward=forward)


def _pool_frames(owners: list[Track], frames: np.ndarray | tuple | BaseException, model: Model) -> None:
    embedder = model.embedder
    if isinstance(frames, SoundcheckError):
        raise frames
    if isinstance(frames, BaseException):
        reason = f"{model.name} raised {described(frames)}"
        if embedder.batch_size > 1:
            raise SoundcheckError(reason) from frames
        owners[0].fail(reason)
        owners[0].n_pooled += 1
        return
    frames, own_s = frames if isinstance(frames, tuple) else (frames, None)
    if frames.ndim != 3 or frames.shape[::2] != (embedder.batch_size, embedder.dimension):
        raise SoundcheckError(
            f"{model.name} returned an array of shape {frames.shape}; expected ({embedder.batch_size}, n_frames, "
            f"{embedder.dimension}): the windows in a batch, their frames, the dimension that the model declares"
        )
    if frames.dtype.kind not in "fiub":
        raise SoundcheckError(f"{model.name} returned an array of {frames.dtype}; expected real numbers")
    for track, window_frames in zip(owners, frames, strict=False):
        place = track.places.popleft()
        if len(window_frames):
            track.pool.add(window_frames)
        else:
            track.fail(f"{model.name} returned no frame")
        if embedder.pooling == "none":
            track.times_s.append(embedder.frame_times(*place, len(window_frames), own_s))
        track.n_pooled += 1


def _finished(queue: deque[Track], statistics: Statistics) -> Iterator[Track]:
    for track in _ready(queue):
        statistics.preparation_s += track.facts.pop("busy_s")
        yield track


# --- models that are plain NumPy: the whole way of a track runs in one worker process -------------------------------


def _run_in_workers(
    tracks: list[tuple[str, str, float | None]], condition: Condition, model: Model, statistics: Statistics
) -> Iterator[Track]:
    jobs = ((track_id, path, condition) for track_id, path, _ in tracks)
    for result in in_workers(partial(_embed_one, model), jobs, model.threads):
        yield _counted(result, statistics)


def _counted(result: tuple[Track, Statistics], statistics: Statistics) -> Track:
    track, of_track = result
    statistics.model_s += of_track.model_s
    statistics.preparation_s += of_track.preparation_s
    return track


def _embed_one(model: Model, track_id: str, path: str, condition: Condition) -> tuple[Track, Statistics]:
    statistics = Statistics()
    queue: deque[Track] = deque()
    clip = prepare(track_id, path, condition)
    for owners, windows in _batches([clip], model, queue):
        frames, seconds = _timed_forward(model.embedder, windows)
        statistics.model_s += seconds
        _pool_frames(owners, frames, model)
    (track,) = _finished(queue, statistics)
    return track, statistics
