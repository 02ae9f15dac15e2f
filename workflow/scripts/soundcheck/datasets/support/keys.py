"""Names of the 24 major and minor keys, in the one spelling that tables use: `C# major`, `A minor`."""

import re

from soundcheck.keys import KEYS, TONICS
from soundcheck.plumbing.errors import SoundcheckError, did_you_mean

_SEMITONE = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_ACCIDENTAL = {"": 0, "#": 1, "♯": 1, "sharp": 1, "b": -1, "♭": -1, "flat": -1}
_KEY = re.compile(r"([A-Ga-g])([\s_-]*(?i:sharp|flat)|[#♯b♭]?)[\s:_-]*([A-Za-z]*)")
_MODE_WORDS = {"major": "major", "maj": "major", "minor": "minor", "min": "minor"}
# One letter means what it means in a chord symbol, so its case counts: `CM` is major, `Cm` is minor.
_MODE_LETTERS = {"M": "major", "m": "minor"}


def normalise(name: str) -> str:
    """Canonical spelling of a key, one of `KEYS`; flats and rare spellings become sharps (`Db` is `C#`, `Cb` is `B`).

    Understood: `Db major`, `C:maj`, `C#min`, `Cm`, `c minor`, `F# Minor`, `E♭ major`, `B-flat minor`, and `G` (a
    capital alone is major).
    Raises SoundcheckError, naming the nearest valid key, for anything else: other modes, `8A`, several keys, `c` alone.
    """
    match = _KEY.fullmatch(name.strip())
    mode = _mode(match) if match else None
    if mode is None:
        raise SoundcheckError(
            f"unknown key '{name}'{did_you_mean(name, KEYS)}; a key is written like 'C# major' or 'A minor'"
        )
    letter, accidental, _ = match.groups()
    semitone = (_SEMITONE[letter.upper()] + _ACCIDENTAL[re.sub(r"[\s_-]", "", accidental.lower())]) % 12
    return f"{TONICS[semitone]} {mode}"


def _mode(match: re.Match) -> str | None:
    letter, _, word = match.groups()
    if not word:
        return "major" if letter.isupper() else None
    return _MODE_LETTERS.get(word) or _MODE_WORDS.get(word.lower())
