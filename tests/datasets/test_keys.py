import pytest

from soundcheck.datasets.support import keys
from soundcheck.keys import KEYS


def test_there_are_24_keys_and_each_is_its_own_normal_form():
    assert len(set(KEYS)) == 24
    assert [keys.normalise(key) for key in KEYS] == list(KEYS)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Db major", "C# major"),
        ("C:maj", "C major"),
        ("Cm", "C minor"),
        ("CM", "C major"),
        ("c minor", "C minor"),
        ("A minor", "A minor"),
        ("  f#  MINOR ", "F# minor"),
        ("F#_minor", "F# minor"),
        ("Ebm", "D# minor"),
        ("bb minor", "A# minor"),
        ("Bbmaj", "A# major"),
        ("B♭ major", "A# major"),
        ("C#min", "C# minor"),
        ("Cb major", "B major"),
        ("E# minor", "F minor"),
        ("B# major", "C major"),
        ("G", "G major"),
        ("Fb major", "E major"),
        ("E# major", "F major"),
        ("Cb minor", "B minor"),
        ("Cb  major\n", "B major"),
        ("\u00a0E#\u00a0minor\t", "F minor"),
        ("C♯ minor", "C# minor"),
        ("E♭:min", "D# minor"),
        ("F# Major", "F# major"),
        ("C sharp minor", "C# minor"),
        ("B-flat major", "A# major"),
        ("e Flat MINOR", "D# minor"),
        ("A flat", "G# major"),
    ],
)
def test_usual_spellings_mean_one_key(written, meant):
    assert keys.normalise(written) == meant


@pytest.mark.parametrize(
    "written",
    ["", "H major", "c", "8A", "D dorian", "A minor | C major", "other", "C## major", "sharp minor", "Cbb minor"],
)
def test_what_is_no_key_is_refused_by_name(written):
    with pytest.raises(ValueError, match="unknown key") as error:
        keys.normalise(written)
    assert f"'{written}'" in str(error.value)


def test_the_nearest_key_is_named():
    with pytest.raises(ValueError, match=r"did you mean 'C# minor'"):
        keys.normalise("C# minorr")
