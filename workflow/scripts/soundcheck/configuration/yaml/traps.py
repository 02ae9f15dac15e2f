"""What YAML reads without a word as something else than a researcher has written."""

import re
from collections.abc import Iterator

import yaml

# In YAML 1.1 a leading zero makes a number octal, and colons count in sixties.
_OCTAL = re.compile(r"[-+]?0[0-7_]+")
_SIXTIES = re.compile(r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?")

Trap = tuple[int, str]


def traps(node: yaml.Node | None, synonyms: dict[str, str]) -> Iterator[Trap]:
    """The line of each trap in a document, and what it is; `synonyms` maps names for a key to the key's own."""
    circle = _circle(node, ())
    if circle is not None:
        yield circle, "what has this anchor contains itself: write out what it shall contain"
        return
    yield from _traps(node, synonyms, set())


def _traps(node: yaml.Node | None, synonyms: dict[str, str], seen: set[int]) -> Iterator[Trap]:
    # What an anchor names is there several times.
    if node is None or id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        yield from _repeated(node, synonyms)
    if isinstance(node, yaml.ScalarNode):
        yield from _misread(node)
    for child in _children(node):
        yield from _traps(child, synonyms, seen)


def _children(node: yaml.Node | None) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [each for pair in node.value for each in pair]
    return node.value if isinstance(node, yaml.SequenceNode) else []


def _circle(node: yaml.Node | None, above: tuple[yaml.Node, ...]) -> int | None:
    """The line of a node that is its own descendant, or None."""
    if node is None:
        return None
    if any(node is each for each in above):
        return node.start_mark.line + 1
    found = (_circle(child, (*above, node)) for child in _children(node))
    return next((line for line in found if line is not None), None)


def _repeated(node: yaml.MappingNode, synonyms: dict[str, str]) -> Iterator[Trap]:
    """Keys that a mapping has twice, of which YAML takes the last, and synonyms of one key."""
    names: dict[str, str] = {}
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode):
            continue
        written: str = key.value
        name = synonyms.get(written, written)
        if name in names and name != "<<":
            other = "" if names[name] == written else f", once as {names[name]} and once as {written}"
            yield key.start_mark.line + 1, f"{name}: this key is there twice{other}: keep one of them"
        names[name] = written


def _misread(node: yaml.ScalarNode) -> Iterator[Trap]:
    if not node.tag.endswith((":int", ":float")) or node.style:
        return
    if _OCTAL.fullmatch(node.value) or _SIXTIES.fullmatch(node.value):
        number = yaml.safe_load(node.value)
        why = "a leading zero makes a number octal" if _OCTAL.fullmatch(node.value) else "colons count in sixties"
        yield (
            node.start_mark.line + 1,
            f"YAML reads {node.value} as {number}, since {why}: write the number that is meant, or quotes around text",
        )
