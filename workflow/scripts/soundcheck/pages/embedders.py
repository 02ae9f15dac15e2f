"""The page of what is known of each embedder."""

from collections.abc import Iterable
from html import escape

from soundcheck.display import sentence_list
from soundcheck.document import document, listing, paragraph


def embedders(catalogue: Iterable[dict], datasets: Iterable[str]) -> str:
    """The catalogue's facts of the embedders that were evaluated.

    An entry has `id` and whichever it knows of `dimension`, `sample_rate` (Hz), `licence`, `pretrained_on` (a name or a
    list of them), `description`, `source`. An embedder that was pretrained on an evaluated dataset is marked.
    """
    evaluated = list(datasets)
    entries = [(entry, _pretrained_on(entry)) for entry in catalogue]
    overlap = {
        entry["id"]: [name for name in evaluated if name.lower() in {each.lower() for each in pretrained}]
        for entry, pretrained in entries
    }
    rows = [
        (
            entry["id"],
            entry.get("description"),
            entry.get("dimension"),
            entry.get("sample_rate"),
            ", ".join(pretrained) or ("nothing" if "pretrained_on" in entry else "unknown"),
            sentence_list(overlap[entry["id"]]) if overlap[entry["id"]] else None,
            entry.get("licence"),
            entry.get("source"),
        )
        for entry, pretrained in entries
    ]
    header = [
        "Embedder",
        "What it is",
        "Dimension",
        "Rate, Hz",
        "Pretrained on",
        "Has seen",
        "Licence of the weights",
        "Source",
    ]
    keep = [i for i in range(len(header)) if i in (0, 4, 5) or any(row[i] not in (None, "") for row in rows)]
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
