from soundcheck.embedding.families.support.checkpoints import differences


def test_equal_names_and_shapes_differ_in_nothing():
    assert differences({"a": (1, 2)}, {"a": [1, 2]}) == ""


def test_what_is_missing_unexpected_and_of_another_shape_is_listed():
    expected = {"a": (1,), "b": (2,), "c": (3, 4)}
    text = differences(expected, {"c": (4, 3), "b": (2,), "d": ()})
    assert text == "1 missing: a; 1 unexpected: d; 1 of another shape: c (4, 3) instead of (3, 4)"


def test_long_lists_are_cut_and_counted():
    text = differences({f"t{number}": () for number in range(9)}, {})
    assert text == "9 missing: t0, t1, t2, t3, t4 and 4 more"
