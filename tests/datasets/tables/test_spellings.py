"""One label in several spellings: which is taken, which are told apart, and what is said of it."""

import pytest

from soundcheck.datasets.support.tables.cells import marked, one_spelling


@pytest.mark.parametrize(
    "others",
    [["FLÖTE"], ["Flo\u0308te"], ["Flöte\u200b"], ["flöte", "flöte"], ["\ufeffFlöte"], ["Flö\u200dte"]],
)
def test_case_forms_of_unicode_and_what_nobody_sees_make_no_other_label(others):
    found, changed = one_spelling([["Flöte"], ["Flöte", "x"], ["Flöte"], *([other] for other in others)])
    assert found == [["Flöte"], ["Flöte", "x"], ["Flöte"], *[["Flöte"]] * len(others)]
    assert set(changed.values()) <= {"Flöte"}


def test_spaces_between_words_make_no_other_label():
    assert one_spelling([["hi  hat"], ["hi\u00a0hat"], ["Hi hat"], ["hi hat"]])[0] == [["hi hat"]] * 4


def test_the_commonest_spelling_is_taken_and_of_equally_common_ones_the_first_in_the_alphabet():
    assert one_spelling([["jazz"], ["JAZZ"], ["jazz"]]) == ([["jazz"]] * 3, {"JAZZ": "jazz"})
    assert one_spelling([["jazz"], ["JAZZ"]]) == ([["JAZZ"]] * 2, {"jazz": "JAZZ"})


def test_names_of_less_than_three_letters_stay_apart():
    names = [["Cm"], ["CM"], ["c"], ["C"], ["C#m"], ["C#M"], ["1a"], ["1A"]]
    assert one_spelling(names) == (names, {})
    assert one_spelling([["abc"], ["ABC"], ["ABC"]])[0] == [["ABC"]] * 3


def test_reasons_and_what_is_not_there_stay_as_they_are():
    given = [None, "no 'label'", ["Rock"], [], ["rock"], ["rock"]]
    assert one_spelling(given) == ([None, "no 'label'", ["rock"], [], ["rock"], ["rock"]], {"Rock": "rock"})


def test_what_nobody_sees_is_shown_where_it_is_said_what_became_what():
    assert one_spelling([["low"], ["low\u200b"], ["low\u00a0end"]])[1] == {
        "low<U+200B>": "low",
        "low<U+00A0>end": "low end",
    }


def test_marks_are_read_in_any_case_and_others_are_told_with_the_first_of_them():
    rows = [{"a": "YES", "b": "No"}, {"a": "x", "b": "1.0"}, {"a": "", "b": "?" * 61}, {"a": "maybe", "b": "?"}]
    found, faults = marked(rows, ["a", "b"])
    assert found == [["a"], ["a", "b"], [], []]
    assert faults[:2] == [None, None]
    assert faults[2].startswith(f"column 'b' holds '{'?' * 57}...'")
    assert faults[3].startswith("column 'a' holds 'maybe'")
