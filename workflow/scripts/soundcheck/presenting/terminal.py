"""The catalogue of embedders as text, for a terminal."""

from collections.abc import Iterable

_COLUMNS = (
    *("name", "family", "env", "gpu", "rate, Hz", "window, s", "hop, s", "dimension", "layers"),
    *("licence of the weights", "licence of the code", "pretrained on"),
)


def as_text(rows: dict[str, dict]) -> str:
    """A table of the catalogue's entries by name, columns aligned, and whose models they are."""
    lines = [_COLUMNS, *(_cells(name, row) for name, row in rows.items())]
    widths = [max(len(line[i]) for line in lines) for i in range(len(_COLUMNS))]
    table = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
    table.insert(1, "-" * max(map(len, table)))
    return "\n".join([*table, "", *_citations(rows)])


def _cells(name: str, row: dict) -> tuple[str, ...]:
    layers = "-".join(map(str, row["layers"])) if "layers" in row else str(row.get("n_layers", 1))
    return (
        name,
        row["family"],
        row["env"],
        "yes" if row["gpu"] else "no",
        str(row["sample_rate"]),
        str(row.get("window_s") or "clip"),
        str(row["options"].get("hop_s") or "-"),
        str(row.get("dimension", "?")),
        layers,
        row["licence_weights"] or "?",
        row["licence_code"] or "?",
        ", ".join(row["pretrained_on"]) or "nothing",
    )


def _citations(rows: dict[str, dict]) -> Iterable[str]:
    return (f"{name}: {row['title']}. {row['citation']}" for name, row in rows.items())
