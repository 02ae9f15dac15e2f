"""CLMR: a SampleCNN on the waveform, trained by contrast between two parts of a song.

Source: Spijkervet, Burgoyne, "Contrastive Learning of Musical Representations", ISMIR 2021; the network and its weights
are those of github.com/Spijkervet/CLMR (Apache-2.0). The embedding is what enters the last, fully connected layer:
512 values for a window of 3^10 = 59,049 samples at 22,050 Hz (2.68 s). Windows lie end to end, and what is left behind
the last whole one is not used, as in the published evaluation (which also leaves out a last window that is whole). A
clip of less than a window is filled up with zeros. With `last_window: pad` every last window is, and counts as much as
the others although it may hold little of the clip.
"""

import functools
import io
import zipfile
from pathlib import Path

import numpy as np
import torch

from soundcheck.embedding.families import Embedder
from soundcheck.embedding.families.support.checkpoints import differences
from soundcheck.embedding.families.support.sample_cnn import DIMENSION, WINDOW, MatrixSampleCNN, SampleCNN
from soundcheck.plumbing.errors import SoundcheckError, described, nearest
from soundcheck.plumbing.files import file_sha256

THREADS = 4
ENVIRONMENT = "clmr"
FRAMEWORKS = ("torch",)

SAMPLE_RATE = 22_050
LAST_WINDOWS = {"drop": "not used, where it is not whole", "pad": "filled up with zeros, of equal weight"}


def load(entry: dict, device: str) -> Embedder:
    """The embedder of an entry with `weights`, the published archive or a checkpoint in it, and optionally `hop_s` and
    `last_window`, `drop` (the default) or `pad`.

    Raises:
        SoundcheckError: the weights are absent, damaged, or not those of this network; or an option is unknown.
    """
    path = Path(entry["weights"])
    owner = f"embedder {entry['name']}: {path}"
    last = entry.get("last_window", "drop")
    if last not in LAST_WINDOWS:
        raise SoundcheckError(f"embedder {entry['name']}: unknown last_window {last!r}{nearest(last, LAST_WINDOWS)}")
    network = SampleCNN()
    network.load_state_dict(_encoder(_checkpoint(path, owner), network, owner))
    hop = max(1, round(entry["hop_s"] * SAMPLE_RATE)) if entry.get("hop_s") else WINDOW
    return Embedder(
        sample_rate=SAMPLE_RATE,
        dimension=DIMENSION,
        cut=functools.partial(cut, hop=hop, is_padded=last == "pad"),
        forward=_on_gpu(network.eval().to(device)) if device != "cpu" else _on_cpu(network.eval()),
        batch_size=16,
        first_s=WINDOW / 2 / SAMPLE_RATE,
        window_hop_s=hop / SAMPLE_RATE,
        facts={"weights": f"sha256:{file_sha256(path)}", "last_window": LAST_WINDOWS[last]},
    )


def cut(samples: np.ndarray, hop: int, is_padded: bool = False) -> np.ndarray:
    """Windows `(n, 59049)` that start every `hop` samples: whole ones, or, if padded, until the clip's end is in one.

    A clip of less than a window is one, followed by zeros.
    """
    missing = max(0, WINDOW - len(samples))
    if is_padded:
        missing = max(missing, -(len(samples) - WINDOW) % hop)
    return np.lib.stride_tricks.sliding_window_view(np.pad(samples, (0, missing)), WINDOW)[::hop]


def _on_cpu(network: SampleCNN):
    matrices = MatrixSampleCNN(network)

    @torch.inference_mode()
    def forward(batch: np.ndarray) -> np.ndarray:
        return matrices(torch.from_numpy(batch)).numpy()[:, None]

    return forward


def _on_gpu(network: SampleCNN):
    @torch.inference_mode()
    def forward(batch: np.ndarray) -> np.ndarray:
        # In full precision, as on a processor.
        with torch.backends.cudnn.flags(enabled=True, deterministic=True, allow_tf32=False):
            return network(torch.from_numpy(batch).to(next(network.parameters()).device)).cpu().numpy()[:, None]

    return forward


def _checkpoint(path: Path, owner: str) -> object:
    """What a checkpoint holds: a file of PyTorch, or the one in the published archive."""
    if not path.is_file():
        raise SoundcheckError(f"{owner} does not exist; download the weights, or set `weights` to where they are")
    stored = _published_member(path, owner)
    try:
        return torch.load(stored, map_location="cpu", weights_only=True)
    except Exception as error:  # PyTorch has no type of its own for a file that it cannot read
        raise SoundcheckError(
            f"{owner} is not a checkpoint of PyTorch that holds tensors alone, or is damaged ({_short(error)}); "
            "download it again, or, if it was saved during training, keep its weights only: "
            "torch.save(torch.load(path, weights_only=False)['state_dict'], new_path)"
        ) from error


def _published_member(path: Path, owner: str) -> Path | io.BytesIO:
    # PyTorch's own files are archives too, but without checkpoints in them.
    if not zipfile.is_zipfile(path):
        return path
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if Path(name).suffix in (".pt", ".pth", ".ckpt")]
            models = [name for name in names if "_optim" not in name and not Path(name).name.startswith("._")]
            if not names:
                return path
            if len(models) != 1:
                raise SoundcheckError(
                    f"{owner} holds the checkpoints {', '.join(names)}; expected one, and its optimiser's, as in "
                    "clmr_checkpoint_10000.zip; unpack the one that you mean, and set `weights` to it"
                )
            return io.BytesIO(archive.read(models[0]))
    except (zipfile.BadZipFile, OSError, EOFError) as error:
        raise SoundcheckError(f"{owner} is damaged ({_short(error)}); remove it and download it again") from error


def _encoder(checkpoint: object, network: SampleCNN, owner: str) -> dict[str, torch.Tensor]:
    """The tensors of the network in a checkpoint, without the prefix, the projector and the last layer."""
    stored = checkpoint.get("state_dict", checkpoint) if isinstance(checkpoint, dict) else {}
    named = stored.items() if isinstance(stored, dict) else ()
    state = {key: value for key, value in named if isinstance(key, str) and isinstance(value, torch.Tensor)}
    # `encoder.` in the published ones, `model.encoder.` in those of PyTorch Lightning.
    mark = "sequential."
    prefixes = {key[: key.index(mark)] for key in state if mark in key}
    if len(prefixes) != 1:
        found = ", ".join(list(state)[:3]) or "none"
        raise SoundcheckError(
            f"{owner} is not a checkpoint of CLMR: expected tensors such as encoder.sequential.0.0.weight, "
            f"found {found}"
        )
    (prefix,) = prefixes
    encoder = {key.removeprefix(prefix): value for key, value in state.items() if key.startswith(prefix + mark)}
    wrong = differences(*({key: value.shape for key, value in of.items()} for of in (network.state_dict(), encoder)))
    if wrong:
        raise SoundcheckError(f"{owner} does not fit the published SampleCNN: {wrong}")
    return encoder


def _short(error: Exception) -> str:
    return described(error).split(". ")[0][:200]
