"""A researcher's own model: an ONNX file, run by ONNX Runtime.

The model takes samples in [-1, 1], `(batch, samples)` or `(batch, 1, samples)`, and returns `(batch, dim)` or
`(batch, frames, dim)`. Axes may be fixed or free: what the file declares of them is kept to.
"""

import functools
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from soundcheck.embedding.families import Embedder
from soundcheck.embedding.families.support import arrays, user_code, windows
from soundcheck.plumbing.errors import SoundcheckError, described, nearest
from soundcheck.plumbing.files import file_sha256

THREADS = 4
ENVIRONMENT = "onnx"
FRAMEWORKS = ("onnxruntime",)

DEFAULTS = {"window_s": 0, "hop_s": 0, "batch_size": 16, "longest_s": 30, "input": "", "output": ""}
# Of an output, what NumPy has too: not text, sequences, maps, or bfloat16.
NUMBERS = {f"tensor({kind})" for kind in ("float", "double", "float16", "bool")}
NUMBERS |= {f"tensor({sign}int{bits})" for sign in ("", "u") for bits in (8, 16, 32, 64)}
TYPES = {"tensor(float)": np.float32, "tensor(double)": np.float64, "tensor(float16)": np.float16}


@dataclass(frozen=True)
class Model:
    """A session with the input and the output that are used; `owner` begins the messages about it."""

    session: object
    input: object
    output: object
    owner: str

    def run(self, samples: np.ndarray) -> np.ndarray:
        """The output for windows `(batch, samples)` as frames `(batch, n_frames, dim)` float32."""
        values = samples.astype(TYPES[self.input.type], copy=False)
        shaped = values[:, None] if len(self.input.shape) == 3 else values
        (result,) = self.session.run([self.output.name], {self.input.name: shaped})
        if result.ndim not in (2, 3) or len(result) != len(samples):
            raise SoundcheckError(
                f"{self.owner}: its output {self.output.name!r} has the shape {result.shape} for an input of shape "
                f"{shaped.shape}; expected (batch, dim) or (batch, frames, dim)"
            )
        return arrays.real(result[:, None] if result.ndim == 2 else result)


def load(entry: dict, device: str) -> Embedder:
    """The embedder of an entry with `file`, `sample_rate` (Hz), and how clips go through the model.

    `window_s` 0: a clip at a time and whole, above `longest_s` seconds (by more than a twentieth) in pieces of equal
    length. Otherwise windows of exactly `window_s` seconds, one every `hop_s` (0: end to end), the last one filled up
    with zeros, `batch_size` at a time unless the file fixes that number. `input` and `output` name those of the file;
    empty: the first.

    Raises:
        SoundcheckError: the file is no model that ONNX Runtime can run, or its input or output does not fit.
    """
    entry = DEFAULTS | entry
    file, rate = Path(entry["file"]), user_code.sample_rate(entry)
    user_code.check_file(file, entry["name"])
    model = _model(file, entry, device)
    of_window = {}
    if entry["window_s"]:
        window = max(1, round(entry["window_s"] * rate))
        hop = max(1, round(entry["hop_s"] * rate)) if entry["hop_s"] else window
        _check_length(model, window, rate, f"windows of {window}")
        batch_size = _fixed(model.input.shape[0]) or entry["batch_size"]
        n_frames, dimension = _tried(model, batch_size, window)
        cut = functools.partial(_windows, window=window, hop=hop)
        frame_s = window / n_frames / rate
        of_window = {"first_s": frame_s / 2, "hop_s": frame_s, "window_hop_s": hop / rate}
    else:
        longest, batch_size = int(entry["longest_s"] * rate), 1
        _check_length(model, None, rate, "whole clips (window_s: 0)")
        _check_one_by_one(model)
        dimension = _declared_dimension(model) or _tried(model, batch_size, longest)[1]
        cut = functools.partial(windows.pieces, longest=longest)
    return Embedder(
        sample_rate=rate,
        dimension=dimension,
        cut=cut,
        forward=model.run,
        batch_size=batch_size,
        facts=_facts(file, model),
        **of_window,
    )


def _windows(samples: np.ndarray, window: int, hop: int) -> np.ndarray:
    """Windows `(n, window)` that start at the multiples of `hop`, until one holds the last sample; zeros follow it."""
    starts = range(0, min(max(len(samples) - window, 0) + hop, len(samples)), hop)
    padded = np.pad(samples, (0, max(0, starts[-1] + window - len(samples))))
    return np.lib.stride_tricks.sliding_window_view(padded, window)[starts.start : starts.stop : hop]


# --- the file -------------------------------------------------------------------------------------------------------


def _model(file: Path, entry: dict, device: str) -> Model:
    owner = f"embedder {entry['name']}: {file}"
    session = _session(file, device, owner)
    given = _named(session.get_inputs(), entry["input"], "input", owner)
    others = [item.name for item in session.get_inputs() if item.name != given.name]
    if others:
        raise SoundcheckError(
            f"{owner} asks for {', '.join(others)} beside its input {given.name}: only samples can be given; export "
            "the model with the other inputs fixed"
        )
    fits = given.type in TYPES and len(given.shape) in (2, 3)
    if not fits or (len(given.shape) == 3 and _fixed(given.shape[1]) not in (None, 1)):
        raise SoundcheckError(
            f"{owner}: its input {given.name!r} is a {given.type} of shape {_shown(given.shape)}; expected samples as "
            "floating-point numbers, (batch, samples) or (batch, 1, samples)"
        )
    output = _named(session.get_outputs(), entry["output"], "output", owner)
    if output.type not in NUMBERS:
        able = [item.name for item in session.get_outputs() if item.type in NUMBERS]
        hint = f"name another one, `output: {able[0]}`" if able else "export the model with a cast to float32"
        raise SoundcheckError(f"{owner}: its output {output.name!r} is a {output.type}; expected numbers: {hint}")
    return Model(session, given, output, owner)


def _session(file: Path, device: str, owner: str) -> object:
    try:
        import onnxruntime
    except ImportError as error:
        raise SoundcheckError(f"{owner} needs ONNX Runtime: install onnxruntime") from error
    options = onnxruntime.SessionOptions()
    # Sums split over threads round differently for each number of threads.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.use_deterministic_compute = True
    options.log_severity_level = 3
    providers = ["CPUExecutionProvider"]
    if device == "cuda" and "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        # The fastest convolution of a trial run may be another one each time; TF32 would round to 10 bits.
        providers.insert(0, ("CUDAExecutionProvider", {"cudnn_conv_algo_search": "DEFAULT", "use_tf32": "0"}))
    try:
        return onnxruntime.InferenceSession(file, options, providers)
    except Exception as error:
        raise SoundcheckError(
            f"{owner} is not a model that ONNX Runtime {onnxruntime.__version__} can run: {described(error)}; is it "
            "complete, with its .data file beside it where it was exported with one?"
        ) from error


def _named(items: list, name: str, kind: str, owner: str) -> object:
    if not name:
        return items[0]
    for item in items:
        if item.name == name:
            return item
    raise SoundcheckError(f"{owner} has no {kind} {name!r}{nearest(name, [item.name for item in items])}")


def _facts(file: Path, model: Model) -> dict:
    facts = {"weights": f"sha256:{file_sha256(file)}", "runs_on": model.session.get_providers()[0]}
    # Exporters may put the weights into a file of their own.
    beside = file.with_name(f"{file.name}.data")
    return facts | ({"weights_beside": f"sha256:{file_sha256(beside)}"} if beside.is_file() else {})


# --- its axes -------------------------------------------------------------------------------------------------------


def _fixed(axis: int | str | None) -> int | None:
    """The size of an axis where the file fixes it; a name or nothing stands for any size."""
    return axis if isinstance(axis, int) and axis > 0 else None


def _shown(shape: list) -> str:
    return f"({', '.join(str(axis if axis is not None else 'any') for axis in shape)})"


def _check_length(model: Model, window: int | None, rate: int, asked: str) -> None:
    length = _fixed(model.input.shape[-1])
    if length and length != window:
        raise SoundcheckError(
            f"{model.owner} takes exactly {length} samples, not {asked}: give `window_s: {length / rate:.9g}`, which "
            f"is that many at {rate} Hz"
        )


def _check_one_by_one(model: Model) -> None:
    fixed = _fixed(model.input.shape[0])
    if fixed not in (None, 1):
        raise SoundcheckError(
            f"{model.owner} takes exactly {fixed} windows at a time, but whole clips (window_s: 0) differ in length "
            "and go through one by one: give `window_s`, or export the model with a free batch axis"
        )


def _declared_dimension(model: Model) -> int | None:
    shape = model.output.shape
    return _fixed(shape[-1]) if len(shape) in (2, 3) else None


def _tried(model: Model, batch_size: int, length: int) -> tuple[int, int]:
    """How many frames each of `batch_size` windows of zeros gives, and their size."""
    try:
        frames = model.run(np.zeros((batch_size, length), np.float32))
    except SoundcheckError:
        raise
    except Exception as error:
        raise SoundcheckError(
            f"{model.owner} fails on {batch_size} x {length} zeros: {described(error)}; check window_s and sample_rate"
        ) from error
    if not frames.size:
        raise SoundcheckError(f"{model.owner} returns nothing for {length} samples; it may need longer windows")
    return frames.shape[1], frames.shape[2]
