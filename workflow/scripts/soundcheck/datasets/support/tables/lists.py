"""Lists of labels in one cell, as Python, JSON, NumPy and pandas print them: read as they are meant, or not at all."""

import ast
import json
import re

_TEXT = r"""(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
# `array(['a'], dtype='<U1')`, `Index([...])`, `frozenset({...})`; and `np.str_('a')`, as NumPy 2 prints in lists.
_CALL = re.compile(
    r"(?:np\.|numpy\.|pd\.)?(?:array|Index|set|frozenset|list|tuple)\((.*?)(?:,\s*dtype=[^()]*)?\)", re.DOTALL
)
_SCALAR = re.compile(rf"(?:np|numpy)\.(?:str_|int\d+|float\d+)\(({_TEXT}|{_NUMBER})\)")
_PAIRS = {"[": "]", "(": ")", "{": "}"}
HOW = "write the labels with bars between them, as in 'slow|sad'"


def list_in(cell: str) -> list[str] | None:
    """The labels of a cell that is written as a list, a tuple, a set or an array; None where it is none of these.

    Raises:
        ValueError: it is a list that cannot be read as one of labels, such as one that was cut off; with the reason.
    """
    call = _CALL.fullmatch(cell.strip())
    inner = _SCALAR.sub(r"\1", call[1] if call else cell).strip()
    if call and not inner:
        return []
    if not _is_in_brackets(inner):
        if call or re.search(r"\bdtype[:=]", inner):
            raise ValueError("an array that is printed otherwise than as one list")
        if re.match(r"[\[{]\s*['\"]", inner):
            raise ValueError("a list that was cut off")
        return None
    content = inner[1:-1].strip()
    if not content or re.fullmatch(r"(nan|NaN|None|null|<NA>|[\s,])+", content):
        return []
    if not call and not re.search(r"['\"]", content) and not _is_of_numbers(content):
        if re.search(r"[,;|]|\.\.\.", content):
            raise ValueError("a list whose labels are not in quotation marks")
        # A label in brackets, such as `[unknown]` or `(live)`.
        return None
    return _labels(inner)


def _is_in_brackets(text: str) -> bool:
    """Whether one pair of brackets encloses a text: not `(a) b (c)`."""
    if len(text) < 2 or _PAIRS.get(text[0]) != text[-1]:
        return False
    # What stands in quotation marks may hold brackets, too.
    bare = re.sub(_TEXT, "", text)
    depth = 0
    for position, character in enumerate(bare):
        depth += (character == text[0]) - (character == text[-1])
        if depth == 0 and position < len(bare) - 1:
            return False
    return True


def _is_of_numbers(content: str) -> bool:
    return bool(re.fullmatch(rf"{_NUMBER}(?:[\s,]+{_NUMBER})*,?", content))


def _labels(text: str) -> list[str]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = _as_printed(text)
    if not isinstance(found, list | tuple | set):
        raise ValueError("a mapping, not a list of labels")
    values = [value for value in found if value is not None]
    if any(isinstance(value, bool) or not isinstance(value, str | int | float) for value in values):
        raise ValueError("a list of other things than labels")
    return [str(value) for value in (sorted(values) if isinstance(found, set) else values)]


def _as_printed(text: str) -> object:
    """What Python or NumPy has printed; NumPy puts spaces between the elements, or line breaks, and no commas."""
    content = text[1:-1].strip()
    if text[0] == "[" and re.fullmatch(rf"{_TEXT}(?:\s+{_TEXT})+", content, flags=re.DOTALL):
        return [ast.literal_eval(element) for element in re.findall(_TEXT, content, flags=re.DOTALL)]
    if text[0] == "[" and re.fullmatch(rf"{_NUMBER}(?:\s+{_NUMBER})+", content):
        return [float(text) if set(text) & set(".eE") else int(text) for text in content.split()]
    # Python joins texts that stand side by side, so a list may not hold any: `['a' 'b', 'c']`.
    if re.search(rf"{_TEXT}\s*{_TEXT}", content, flags=re.DOTALL) or "..." in re.sub(_TEXT, "", content):
        raise ValueError("a list that was cut off, or that lacks a comma")
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError) as problem:
        raise ValueError("a list that cannot be read") from problem
