"""Where in a YAML file a value stands, so that an error can point at it."""

from collections.abc import Sequence
from pathlib import Path

import yaml

from soundcheck.configuration.yaml.traps import traps

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

    def traps(self) -> list[tuple[str | Path, int, str]]:
        """File, line and description of what YAML reads as something else than was written."""
        return [(file, *found) for file, node in self._documents for found in traps(node, self._synonyms)]

    def empty_keys(self, path: Path_) -> list[str]:
        """The keys of the mapping at `path` that have nothing behind them, in the last file that has this place."""
        for _, node in reversed(self._documents):
            for part in path:
                node = (self._child(node, part) or (0, None))[1]
            if isinstance(node, yaml.MappingNode):
                return [key.value for key, value in node.value if value.tag == "tag:yaml.org,2002:null"]
        return []

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
            keys = [(key.value, key, value) for key, value in node.value if isinstance(key, yaml.ScalarNode)]
            for name, key, value in keys:
                if part in (name, self._synonyms.get(name)):
                    return key.start_mark.line + 1, value
            for name, _, value in keys:
                # What is merged stands in the mapping that its anchor names, or in several.
                merged = value.value if isinstance(value, yaml.SequenceNode) else [value]
                found = [self._child(each, part) for each in merged if name == "<<" and isinstance(part, str)]
                if any(found):
                    return next(filter(None, found))
        return self._shorthand(node, part)

    @staticmethod
    def _shorthand(node: yaml.Node | None, part: str | int) -> tuple[int, yaml.Node] | None:
        """Where a list is not written out: of one experiment or transform alone, or of experiments with names."""
        if part == "transforms" and node is not None:
            return node.start_mark.line + 1, node
        if not isinstance(node, yaml.MappingNode) or not isinstance(part, int):
            return None
        if {"task", "type"} & {key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)}:
            return node.start_mark.line + 1, node
        if part < len(node.value):
            key, value = node.value[part]
            return key.start_mark.line + 1, value
        return None


def dotted(path: Path_) -> str:
    """`("experiments", 0, "task")` as `experiments[0].task`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".") or "the configuration"
