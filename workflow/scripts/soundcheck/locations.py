"""Where in a YAML file a value stands, so that an error can point at it."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import yaml

Path_ = Sequence[str | int]


class Locator:
    """Finds the file and line of a value in the configuration files, the last of which wins."""

    def __init__(self, files: Sequence[str | Path], synonyms: dict[str, str]) -> None:
        """`synonyms` maps the names that a file may use for a key to the key's own name."""
        self._documents = [(file, yaml.compose(Path(file).read_text(encoding="utf-8"))) for file in files]
        self._synonyms = synonyms

    def place(self, path: Path_) -> str:
        """Such as `config/demo.yaml, line 12: experiments[0].probes[1].patience`; without a file only the last part."""
        found = [(len(lines), file, lines) for file, node in self._documents if (lines := self._lines(node, path))]
        name = dotted(path)
        if not found:
            return name
        _, file, lines = max(found, key=lambda item: item[0])
        return f"{file}, line {lines[-1]}: {name}"

    def repeated_keys(self) -> list[tuple[str | Path, int, str]]:
        """File, line and name of each key that a mapping has twice: YAML takes the last one, without a word."""
        return [(file, *found) for file, node in self._documents for found in _repeated(node)]

    def _lines(self, node: yaml.Node | None, path: Path_) -> list[int]:
        """The line of each part of `path` that the document has."""
        lines = []
        for part in path:
            child = self._child(node, part)
            if child is None:
                break
            line, node = child
            lines.append(line)
        return lines

    def _child(self, node: yaml.Node | None, part: str | int) -> tuple[int, yaml.Node] | None:
        if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            return node.value[part].start_mark.line + 1, node.value[part]
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if part in (key.value, self._synonyms.get(key.value)):
                    return key.start_mark.line + 1, value
        return None


def _repeated(node: yaml.Node | None) -> Iterator[tuple[int, str]]:
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _repeated(item)
    if isinstance(node, yaml.MappingNode):
        seen = set()
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else None
            if name in seen and name != "<<":
                yield key.start_mark.line + 1, name
            seen.add(name)
            yield from _repeated(value)


def dotted(path: Path_) -> str:
    """`("experiments", 0, "task")` as `experiments[0].task`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".") or "the configuration"
