"""Characters that nobody sees: what a cell says without them, and how a message shows them."""

import re
import unicodedata

# Zero-width spaces and joiners, marks of order and direction, soft hyphens, and control characters but for white space.
_NOTHING = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\x01-\x08\x0e-\x1f\x7f]")
# Spaces that look like the common one.
_SPACES = re.compile("[\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]")
# These shape the letters beside them in some scripts, so they stay in a label; two labels do not differ by them alone.
_JOINERS = re.compile("[\u200c\u200d]")


def tidy(text: str) -> str:
    """A text in Unicode's composed form, with single spaces between words and without what nobody sees."""
    return re.sub(r"\s+", " ", unicodedata.normalize("NFC", _NOTHING.sub("", text))).strip()


def without_joiners(text: str) -> str:
    """A text without the marks that join or part letters."""
    return _JOINERS.sub("", text)


def shown(text: str) -> str:
    """A text with what nobody sees, or takes for something else, written as its code: `low<U+200B>`."""
    for pattern in (_NOTHING, _SPACES, _JOINERS):
        text = pattern.sub(lambda found: f"<U+{ord(found[0]):04X}>", text)
    return text


def has_unseen(text: str) -> bool:
    """Whether `shown` would write a text otherwise."""
    return any(pattern.search(text) for pattern in (_NOTHING, _SPACES, _JOINERS))
