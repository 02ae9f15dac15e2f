"""A folder of models for the whole catalogue: small stand-ins of each published file, at its place."""

from pathlib import Path

from models import (
    audio_encoders,
    clmr_model,
    essentia_model,
    mert_model,
    mule_model,
    neuralfp_model,
    openl3_model,
)

NEURALFP = "neuralfp/ckpt"


def fill(models: Path, rows: dict[str, dict]) -> None:
    """Write what the rows of the catalogue name below `models`."""
    folders = {}
    for row in rows.values():
        for file in row["weights"]:
            path = models / file["file"]
            path.parent.mkdir(parents=True, exist_ok=True)
            folders[path.parent if row["family"] == "huggingface" else path] = row
    for path, row in folders.items():
        if row["family"] == "neuralfp":
            continue  # one checkpoint, in two files
        if row["family"] == "huggingface":
            _write_encoder(path, row)
        else:
            _WRITERS[row["family"]](path)
    neuralfp_model.write(models / NEURALFP)


def _write_encoder(folder: Path, row: dict) -> None:
    """A model of the Hugging Face hub, with as many layers as the published."""
    kind = _ENCODERS.get(f"{folder.parent.parent.name}/{folder.parent.name}")
    if kind is None:
        mert_model.write(folder, "330M" if row["n_layers"] == 25 else "95M")
        return
    n_layers = {_LAYERS[kind]: row["n_layers"] - 1} if kind in _LAYERS else {}
    audio_encoders.write(folder, kind, form=Path(row["weights"][-1]["file"]).name, **n_layers)


_ENCODERS = {
    "MIT/ast-finetuned-audioset-10-10-0.4593": "audio-spectrogram-transformer",
    "openai/whisper-base": "whisper",
    "facebook/w2v-bert-2.0": "wav2vec2-bert",
    "laion/clap-htsat-unfused": "clap",
    "laion/larger_clap_music": "clap",
}
_LAYERS = {
    "audio-spectrogram-transformer": "num_hidden_layers",
    "whisper": "encoder_layers",
    "wav2vec2-bert": "num_hidden_layers",
}
_WRITERS = {
    "clmr": clmr_model.write,
    "essentia": essentia_model.write,
    "mule": mule_model.write,
    "openl3": openl3_model.write,
}
