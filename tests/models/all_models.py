"""A folder of models for the whole catalogue: small stand-ins of each published file, at its place."""

from pathlib import Path

from models import clmr_model, essentia_model, mert_model, mule_model, neuralfp_model, openl3_model

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
            mert_model.write(path, "330M" if row["n_layers"] == 25 else "95M")
        else:
            _WRITERS[row["family"]](path)
    neuralfp_model.write(models / NEURALFP)


_WRITERS = {
    "clmr": clmr_model.write,
    "essentia": essentia_model.write,
    "mule": mule_model.write,
    "openl3": openl3_model.write,
}
