"""Scores of event detection: counted by hand, and by a plain implementation of sed_eval's definitions."""

import math

import numpy as np
import pytest
from event_lists import random_events, texts

from soundcheck.events import parsed
from soundcheck.scoring import metrics
from soundcheck.scoring.bootstrap import resample_counts
from soundcheck.scoring.labels import as_objects

F_MEASURES = ("event_onset_200ms", "event_onset_50ms", "event_onset_offset_50ms")
LABELS = ["bell", "knock"]


def scored(name, true, found, labels=LABELS):
    """A metric's value and values per label, for tracks given as lists of (onset, offset, label)."""
    both = (as_objects([texts(events) for events in tracks]) for tracks in (true, found))
    return metrics.metric(name)(*both, labels)


# ----------------------------------------------------------------------------------------------------------- by hand

TRUE = [[(1.0, 2.0, "bell"), (3.0, 3.1, "bell"), (5.0, 7.0, "knock")], [(0.5, 1.0, "knock")]]
FOUND = [
    [
        (1.04, 2.2, "bell"),  # onset within 50 ms; offset 200 ms off, which is a fifth of its length
        (3.15, 3.2, "bell"),  # onset within 200 ms alone
        (5.0, 6.5, "knock"),  # offset 500 ms off, more than a fifth of 2 s
        (8.0, 8.5, "knock"),  # nothing there
    ],
    [(0.5, 1.0, "bell")],  # another label
]


@pytest.mark.parametrize(
    ("name", "matched", "by_label"),
    [
        ("event_onset_200ms", 3, [2 * 2 / (2 + 3), 2 * 1 / (2 + 2)]),
        ("event_onset_50ms", 2, [2 * 1 / (2 + 3), 2 * 1 / (2 + 2)]),
        ("event_onset_offset_50ms", 1, [2 * 1 / (2 + 3), 0]),
    ],
)
def test_f_measures_counted_by_hand(name, matched, by_label):
    value, each = scored(name, TRUE, FOUND)
    assert value == pytest.approx(2 * matched / (4 + 5))
    assert each == pytest.approx(by_label)


def test_the_error_rate_counted_by_hand():
    # Track 1, true: bell in seconds 1 and 3, knock in 5 and 6. Found: bell in 1, 2 and 3, knock in 5, 6 and 8.
    # Two insertions. Track 2: knock in second 0, found bell there: a substitution. 5 true labels in all.
    assert scored("segment_error_rate", TRUE, FOUND) == (pytest.approx(3 / 5), None)


def test_a_perfect_estimate():
    for name in F_MEASURES:
        value, each = scored(name, TRUE, TRUE)
        assert value == 1
        assert list(each) == [1, 1]
    assert scored("segment_error_rate", TRUE, TRUE)[0] == 0


def test_a_tolerance_holds_to_its_edge_wherever_it_lies_in_time():
    for onset in np.arange(0, 60, 0.1):
        for name, tolerance in (("event_onset_200ms", 0.2), ("event_onset_50ms", 0.05)):
            true = [[(onset, onset + 1, "bell")]]
            assert scored(name, true, [[(onset + tolerance, onset + 2, "bell")]])[0] == 1
            assert scored(name, true, [[(onset + tolerance + 0.001, onset + 2, "bell")]])[0] == 0


def test_an_event_without_length_can_be_matched():
    for name in F_MEASURES:
        assert scored(name, [[(1, 1, "bell")]], [[(1, 1, "bell")]])[0] == 1


@pytest.mark.parametrize(
    ("true", "found", "f_measure", "error_rate"),
    [
        ([[]], [[]], math.nan, math.nan),
        ([[(1, 2, "bell")]], [[]], 0, 1),
        ([[]], [[(1, 2, "bell")]], 0, math.nan),
        ([[(1, 2, "bell")]], [[(1.5, 4, "knock")]], 0, 3),
    ],
)
def test_what_there_is_nothing_to_count_of_has_no_value(true, found, f_measure, error_rate):
    for name in F_MEASURES:
        assert scored(name, true, found)[0] == pytest.approx(f_measure, nan_ok=True)
    assert scored("segment_error_rate", true, found)[0] == pytest.approx(error_rate, nan_ok=True)


def test_a_label_without_events_has_no_value_and_counts_in_no_other():
    value, each = scored("event_onset_50ms", [[(1, 2, "bell")]], [[(1, 2, "bell")]])
    assert value == 1
    assert each == pytest.approx([1, math.nan], nan_ok=True)


def test_events_of_other_labels_are_passed_over():
    other = (0.5, 3.5, "siren")
    for name in (*F_MEASURES, "segment_error_rate"):
        without = scored(name, TRUE, FOUND)
        value, each = scored(name, [[*events, other] for events in TRUE], [[other, *events] for events in FOUND])
        assert value == without[0]
        assert (each is None) == (without[1] is None)
        assert each is None or list(each) == list(without[1])


def test_an_estimate_is_not_matched_twice_and_as_many_as_possible_are():
    # Taken from the left, the first true event would take the only estimate that the second one can have.
    true, found = [[(1.0, 2, "bell"), (1.15, 2, "bell")]], [[(1.1, 2, "bell"), (0.9, 2, "bell")]]
    assert scored("event_onset_200ms", true, found)[0] == 1
    assert scored("event_onset_200ms", true, [[(1.1, 2, "bell")]])[0] == pytest.approx(2 / 3)


# ------------------------------------------------------------------------------------- against plain implementations


def most_pairs(true, found, fits):
    """The size of a maximum matching, by trying every choice."""
    if not true:
        return 0
    first, *rest = true
    best = most_pairs(rest, found, fits)
    for i, other in enumerate(found):
        if fits(first, other):
            best = max(best, 1 + most_pairs(rest, found[:i] + found[i + 1 :], fits))
    return best


def near(a, b, tolerance):
    return round(abs(a - b), 4) <= tolerance


FITS = {
    "event_onset_200ms": lambda true, found: near(true[0], found[0], 0.2),
    "event_onset_50ms": lambda true, found: near(true[0], found[0], 0.05),
    "event_onset_offset_50ms": lambda true, found: (
        near(true[0], found[0], 0.05) and near(true[1], found[1], max(0.05, 0.2 * (true[1] - true[0])))
    ),
}


@pytest.mark.parametrize("name", F_MEASURES)
@pytest.mark.parametrize("seed", range(3))
def test_f_measures_equal_those_of_trying_every_matching(name, seed):
    y_true, y_score = random_events(n=40, labels="ab", seed=seed)
    matched = total = 0
    for true, found in zip(y_true, y_score, strict=True):
        true, found = list(map(parsed, true)), list(map(parsed, found))
        total += len(true) + len(found)
        for label in "ab":
            own = [[event for event in events if event.label == label] for events in (true, found)]
            matched += most_pairs(*own, FITS[name])
    assert 0 < matched < total / 2
    assert metrics.metric(name)(y_true, y_score, ["a", "b"])[0] == pytest.approx(2 * matched / total, abs=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_the_error_rate_equals_that_of_rolls_of_segments(seed):
    y_true, y_score = random_events(n=40, seed=seed)
    errors = reference = 0
    for true, found in zip(y_true, y_score, strict=True):
        for second in range(20):
            active = [
                {e.label for e in map(parsed, events) if math.floor(e.onset_s) <= second < math.ceil(e.offset_s)}
                for events in (true, found)
            ]
            n_true, n_found, both = len(active[0]), len(active[1]), len(active[0] & active[1])
            substitutions = min(n_true, n_found) - both
            errors += substitutions + max(0, n_true - n_found) + max(0, n_found - n_true)
            reference += n_true
    value, _ = metrics.metric("segment_error_rate")(y_true, y_score, list("abc"))
    assert value == pytest.approx(errors / reference, abs=1e-12)


def test_the_values_of_resamples_are_counted_from_the_same_tracks():
    y_true, y_score = random_events(n=30)
    weights = resample_counts(30, 50, 0)
    for name in F_MEASURES:
        values, each = metrics.metric(name)(y_true, y_score, list("abc"), weights)
        assert values.shape == (50,)
        assert each.shape == (50, 3)
        rows = np.repeat(np.arange(30), weights[7])
        again = metrics.metric(name)(y_true[rows], y_score[rows], list("abc"))
        assert values[7] == pytest.approx(again[0], abs=1e-12)
        assert each[7] == pytest.approx(again[1], abs=1e-12)
