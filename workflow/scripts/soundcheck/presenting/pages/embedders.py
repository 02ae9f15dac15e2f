"""The page of what is known of each embedder."""

from collections.abc import Iterable, Mapping
from html import escape

from soundcheck.configuration.pretraining import has_seen
from soundcheck.presenting.html import document, listing, paragraph
from soundcheck.presenting.wording import sentence_list

_ALWAYS = ("Embedder", "Pretrained on", "Has seen")


def embedders(catalogue: Iterable[dict], datasets: Mapping[str, Iterable[str]]) -> str:
    """The catalogue's facts of the embedders that were evaluated.

    An entry has `id` and whichever it knows of the keys of `config/embedders.yaml`. An embedder that was pretrained on
    an evaluated dataset is marked: `datasets` are these, each with all the names under which it is known.
    """
    entries = [(entry, _pretrained_on(entry)) for entry in catalogue]
    overlap = {
        entry["id"]: [name for name, names in datasets.items() if has_seen(seen, names)] for entry, seen in entries
    }
    rows = [
        (
            entry["id"],
            entry.get("title"),
            entry.get("dimension"),
            entry.get("n_layers"),
            entry.get("sample_rate"),
            entry.get("window_s"),
            ", ".join(pretrained) or ("nothing" if "pretrained_on" in entry else "unknown"),
            sentence_list(overlap[entry["id"]]) if overlap[entry["id"]] else None,
            entry.get("licence_weights"),
            entry.get("licence_code"),
            entry.get("citation"),
        )
        for entry, pretrained in entries
    ]
    header = [
        "Embedder",
        "What it is",
        "Dimension",
        "Layers",
        "Rate, Hz",
        "Window, s",
        "Pretrained on",
        "Has seen",
        "Licence of the weights",
        "Licence of the code",
        "Source",
    ]
    keep = [i for i in range(len(header)) if header[i] in _ALWAYS or any(row[i] not in (None, "") for row in rows)]
    body = [
        paragraph(
            "An embedder that was pretrained on a dataset has seen its test items. Its scores there are no measure of "
            "how it does on new music; the column “has seen” names the evaluated datasets that this concerns."
        ),
        listing([header[i] for i in keep], ([row[i] for i in keep] for row in rows)),
    ]
    seen = [name for name, found in overlap.items() if found]
    if seen:
        body.append(f"<p><strong>Read with care:</strong> {escape(sentence_list(seen))}.</p>")
    return document("Embedders", "\n".join(body))


def _pretrained_on(entry: dict) -> list[str]:
    pretrained = entry.get("pretrained_on") or []
    return [pretrained] if isinstance(pretrained, str) else list(pretrained)
