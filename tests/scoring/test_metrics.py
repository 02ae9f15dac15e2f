import sys
import warnings

import mir_eval
import numpy as np
import pytest
import sklearn.metrics
from event_lists import random_events

from soundcheck.plumbing.digests.source import LIBRARY
from soundcheck.scoring import metrics
from soundcheck.scoring.bootstrap import resample_counts
from soundcheck.scoring.metrics import classification, key, means, tagging
from soundcheck.tasks import KEY_ESTIMATION, TASK_TYPES

BUILT_IN = [name for name, metric in metrics.METRICS.items() if not metric.is_matrix]


def _multiclass(n=150, n_classes=6, seed=0):
    generator = np.random.default_rng(seed)
    truth = generator.integers(n_classes, size=n)
    scores = generator.random((n, n_classes)).astype(np.float32)
    scores[np.arange(n), truth] += 0.4
    return truth, np.eye(n_classes, dtype=bool)[truth], scores


def _tags(n=150, n_labels=8, seed=0, decimals=None):
    generator = np.random.default_rng(seed)
    truth = generator.random((n, n_labels)) < np.linspace(0.05, 0.6, n_labels)
    truth[0], truth[1] = True, False
    scores = truth * 0.3 + generator.random((n, n_labels))
    return truth, (scores if decimals is None else scores.round(decimals)).astype(np.float32)


def _keys(n=200, seed=0):
    truth, y_true, scores = _multiclass(n, 24, seed)
    return truth, y_true, scores, list(key.KEYS)


def test_accuracy_and_f1_equal_scikit_learn_s():
    truth, y_true, scores = _multiclass()
    predicted = scores.argmax(axis=1)
    labels = list("abcdef")
    assert classification.accuracy(y_true, scores, labels)[0] == sklearn.metrics.accuracy_score(truth, predicted)
    for average, metric in (("micro", classification.f1_micro), ("macro", classification.f1_macro)):
        expected = sklearn.metrics.f1_score(truth, predicted, average=average)
        assert metric(y_true, scores, labels)[0] == pytest.approx(expected, abs=1e-12)
    expected = sklearn.metrics.f1_score(truth, predicted, average=None)
    np.testing.assert_allclose(classification.f1_macro(y_true, scores, labels)[1], expected, atol=1e-12)
    assert np.array_equal(
        classification.confusion(y_true, scores, labels), sklearn.metrics.confusion_matrix(truth, predicted)
    )


def test_the_confusion_of_few_items_has_all_classes():
    y_true = np.eye(5, dtype=bool)[[0, 1]]
    scores = np.eye(5, dtype=np.float32)[[1, 1]]
    expected = np.zeros((5, 5))
    expected[0, 1] = expected[1, 1] = 1
    assert np.array_equal(classification.confusion(y_true, scores, list("abcde")), expected)


def test_f1_macro_is_over_the_classes_present_in_truth_or_prediction():
    y_true = np.eye(4, dtype=bool)[[0, 0, 1, 1]]
    scores = np.eye(4, dtype=np.float32)[[0, 0, 1, 2]]
    value, per_class = classification.f1_macro(y_true, scores, list("abcd"))
    assert value == pytest.approx(sklearn.metrics.f1_score([0, 0, 1, 1], [0, 0, 1, 2], average="macro"))
    np.testing.assert_allclose(per_class, [1, 2 / 3, 0, np.nan])


@pytest.mark.parametrize("decimals", [None, 1, 0])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_tagging_metrics_equal_scikit_learn_s_with_and_without_ties(decimals, dtype):
    truth, scores = _tags(decimals=decimals)
    scores = scores.astype(dtype)
    labels = list("abcdefgh")
    for metric, reference in (
        (tagging.roc_auc, sklearn.metrics.roc_auc_score),
        (tagging.average_precision, sklearn.metrics.average_precision_score),
    ):
        value, per_label = metric(truth, scores, labels)
        np.testing.assert_allclose(per_label, reference(truth, scores, average=None), atol=1e-12)
        assert value == pytest.approx(reference(truth, scores, average="macro"), abs=1e-12)


@pytest.mark.parametrize("metric", [tagging.roc_auc, tagging.average_precision])
def test_a_label_without_positives_or_negatives_is_left_out_of_the_mean(metric):
    truth, scores = _tags()
    truth[:, 2], truth[:, 5] = False, True
    others = [0, 1, 3, 4, 6, 7]
    value, per_label = metric(truth, scores, list("abcdefgh"))
    assert np.flatnonzero(np.isnan(per_label)).tolist() == [2, 5]
    assert value == pytest.approx(metric(truth[:, others], scores[:, others], list("abdegh"))[0], abs=1e-12)
    weights = resample_counts(len(truth), 20, 0)
    values, per_labels = metric(truth, scores, list("abcdefgh"), weights)
    assert np.isnan(per_labels[:, [2, 5]]).all()
    assert np.isfinite(values).all()


def test_all_576_pairs_of_keys_are_worth_what_mir_eval_says():
    assert len(key.KEYS) == 24
    matrix = key.similarity(key.KEYS)
    for i, true in enumerate(key.KEYS):
        for j, estimated in enumerate(key.KEYS):
            assert matrix[i, j] / 10 == mir_eval.key.weighted_score(true, estimated), (true, estimated)


def test_key_scores_are_the_means_over_items_and_over_true_keys():
    truth, y_true, scores, labels = _keys()
    estimated = scores.argmax(axis=1)
    worth = np.array([mir_eval.key.weighted_score(labels[t], labels[e]) for t, e in zip(truth, estimated, strict=True)])
    assert key.key_score(y_true, scores, labels)[0] == pytest.approx(worth.mean())
    by_key = [worth[truth == k].mean() for k in np.unique(truth)]
    value, per_key = key.key_score_macro(y_true, scores, labels)
    assert value == pytest.approx(np.mean(by_key))
    np.testing.assert_allclose(per_key[np.unique(truth)], by_key)


def test_keys_absent_from_the_truth_are_left_out_of_the_macro_mean():
    y_true = np.eye(24, dtype=bool)[[0, 0, 5]]
    scores = np.eye(24, dtype=np.float32)[[0, 7, 5]]
    value, per_key = key.key_score_macro(y_true, scores, list(key.KEYS))
    assert value == pytest.approx((0.75 + 1) / 2)
    assert np.isfinite(per_key).sum() == 2


@pytest.mark.parametrize("name", ["Db major", "C dorian", "C", "H minor"])
def test_a_label_that_is_no_key_is_refused(name):
    with pytest.raises(ValueError, match=f"'{name}' is not a key"):
        key.similarity(["C major", name])


@pytest.mark.parametrize("name", BUILT_IN)
@pytest.mark.parametrize("decimals", [None, 1])
def test_weights_equal_repeating_the_items(name, decimals):
    if metrics.METRICS[name].task == "multilabel":
        (y_true, scores), labels = _tags(n=60, decimals=decimals), list("abcdefgh")
    elif metrics.METRICS[name].task == "event_detection":
        (y_true, scores), labels = random_events(n=60, decimals=decimals), list("abc")
    else:
        _, y_true, scores, labels = _keys(n=60)
    metric = metrics.metric(name)
    weights = resample_counts(len(y_true), 25, 3)
    values, per_label = metric(y_true, scores, labels, weights)
    assert values.shape == (25,)
    for i, counts in enumerate(weights):
        rows = np.repeat(np.arange(len(y_true)), counts)
        value, labels_values = metric(y_true[rows], scores[rows], labels)
        assert values[i] == pytest.approx(value, abs=1e-12)
        if labels_values is None:
            assert per_label is None
        else:
            np.testing.assert_allclose(per_label[i], labels_values, atol=1e-12)


@pytest.mark.parametrize("metric", [tagging.roc_auc, tagging.average_precision])
@pytest.mark.parametrize("at_once", [60 * 7, 60, 1])
def test_chunks_of_resamples_change_nothing(metric, at_once, monkeypatch):
    truth, scores = _tags(n=60)
    weights = resample_counts(60, 30, 0)
    whole = metric(truth, scores, list("abcdefgh"), weights)
    monkeypatch.setattr(tagging, "_WORKING_SET", at_once)
    # Other arrays: of the same ones the values are known.
    parts = metric(truth.copy(), scores.copy(), list("abcdefgh"), weights.copy())
    np.testing.assert_allclose(parts[1], whole[1], atol=1e-12)


def test_scores_that_are_equal_across_labels_are_no_ties_of_one_label():
    truth, _ = _tags(n=60)
    scores = np.full(truth.shape, 0.5, np.float32)
    np.testing.assert_allclose(tagging.roc_auc(truth, scores, "abcdefgh")[1], 0.5)
    np.testing.assert_allclose(tagging.average_precision(truth, scores, "abcdefgh")[1], truth.mean(axis=0))


@pytest.mark.parametrize("metric", [tagging.roc_auc, tagging.average_precision])
def test_a_resample_has_a_value_where_it_has_a_positive_and_a_negative_item_and_only_there(metric):
    truth = np.array([[True], [True], [False], [False]])
    scores = np.array([[0.9], [0.2], [0.5], [0.1]])
    weights = np.array([[0, 0, 2, 2], [3, 1, 0, 0], [1, 0, 0, 3], [0, 1, 1, 0], [0, 3, 1, 0]])
    values, per_label = metric(truth, scores, ["a"], weights)
    last = 0.0 if metric is tagging.roc_auc else 0.5
    np.testing.assert_allclose(values[:4], [np.nan, np.nan, 1, last])
    rows = np.repeat(np.arange(4), weights[4])
    assert values[4] == pytest.approx(metric(truth[rows], scores[rows], ["a"])[0])
    np.testing.assert_array_equal(per_label[:, 0], values)


@pytest.mark.parametrize("unit", [1e-9, 1, 1e9])
def test_r2_does_not_depend_on_the_unit_and_mae_is_in_it(unit):
    truth, score = np.array([[1.0], [2], [4]]) * unit, np.array([[1.0], [3], [3]]) * unit
    assert metrics.metric("r2")(truth, score, ["bpm"])[0] == pytest.approx(1 - 2 / (14 / 3))
    assert metrics.metric("mae")(truth, score, ["bpm"])[0] == pytest.approx(2 / 3 * unit)


def test_one_item_has_an_error_but_no_share_of_a_variance():
    truth, score = np.array([[3.0, 1.0]]), np.array([[1.0, 1.5]])
    value, each = metrics.metric("mae")(truth, score, ["bpm", "level"])
    assert value == 1.25
    assert each.tolist() == [2.0, 0.5]
    values, each = metrics.metric("mae")(truth, score, ["bpm", "level"], np.array([[1], [0], [3]]))
    np.testing.assert_array_equal(values, [1.25, np.nan, 1.25])
    np.testing.assert_array_equal(each, [[2.0, 0.5], [np.nan] * 2, [2.0, 0.5]])
    assert np.isnan(metrics.metric("r2")(truth, score, ["bpm", "level"])[0])


def test_a_mean_is_over_what_is_defined_however_little_that_is():
    values = np.array([[0.2, np.nan, np.nan], [0.2, 0.6, np.nan], [np.nan] * 3, [0.0, 0.3, 0.6]])
    np.testing.assert_allclose(means.mean_of_defined(values), [0.2, 0.4, np.nan, 0.3])
    np.testing.assert_allclose(means.mean_of_defined(values, axis=0), [0.4 / 3, 0.45, 0.6])


@pytest.mark.parametrize("metric", [tagging.roc_auc, tagging.average_precision])
def test_resamples_whose_totals_need_wider_integers_have_the_same_values(metric):
    truth, scores = _tags(n=60, decimals=1)
    weights = resample_counts(60, 10, 0)
    values, per_label = metric(truth, scores, list("abcdefgh"), weights)
    many, many_per_label = metric(truth, scores, list("abcdefgh"), weights * 1000)
    np.testing.assert_allclose(many, values, atol=1e-12)
    np.testing.assert_allclose(many_per_label, per_label, atol=1e-12)


def users_value(y_true, y_score, labels):
    return float((y_true.argmax(axis=1) == y_score.argmax(axis=1)).mean())


def users_values_per_label(y_true, y_score, labels):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return np.array([(y_score[y_true[:, i]].argmax(axis=1) == i).mean() for i in range(len(labels))])


def test_a_users_metric_is_named_by_its_module_and_resampled_with_the_items():
    _, y_true, scores = _multiclass(n=50)
    weights = resample_counts(50, 12, 0)
    metric = metrics.metric(f"{__name__}.users_value")
    assert metric(y_true, scores, list("abcdef")) == classification.accuracy(y_true, scores, list("abcdef"))
    expected = classification.accuracy(y_true, scores, list("abcdef"), weights)[0]
    np.testing.assert_allclose(metric(y_true, scores, list("abcdef"), weights)[0], expected)
    values, per_label = metrics.metric(f"{__name__}.users_values_per_label")(y_true, scores, list("abcdef"), weights)
    assert per_label.shape == (12, 6)
    np.testing.assert_allclose(values, means.mean_of_defined(per_label))


def test_a_users_metric_says_by_attributes_how_it_is_shown(monkeypatch):
    name = f"{__name__}.users_value"
    assert metrics.described(name) == metrics.Metric(name, name, "", name, "", percent=False, higher_is_better=None)
    monkeypatch.setattr(users_value, "title", "Mine", raising=False)
    monkeypatch.setattr(users_value, "percent", True, raising=False)
    monkeypatch.setattr(users_value, "higher_is_better", False, raising=False)
    assert metrics.described(name) == metrics.Metric(name, name, "", "Mine", "", percent=True, higher_is_better=False)
    assert metrics.described("no.such.function").title == "no.such.function"


def test_a_users_metric_is_found_in_the_working_directory(tmp_path, monkeypatch):
    (tmp_path / "metric_of_mine.py").write_text("def half(y_true, y_score, labels):\n    return 0.5\n")
    monkeypatch.setattr("sys.path", [path for path in sys.path if path])
    monkeypatch.chdir(tmp_path)
    assert metrics.metric("metric_of_mine.half")(np.zeros((3, 2)), np.zeros((3, 2)), "ab") == (0.5, None)


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_metric_is_where_its_entry_says_and_has_values_per_label_if_they_have_a_title(name):
    known = metrics.METRICS[name]
    assert (LIBRARY / f"{metrics.module_of(name).replace('.', '/')}.py").is_file()
    assert known.task in {*TASK_TYPES, KEY_ESTIMATION}
    if known.task == "event_detection":
        (truth, scores), labels = random_events(n=20, decimals=1), list("abc")
    elif known.task == "multilabel":
        (truth, scores), labels = _tags(n=60), list("abcdefgh")
    else:
        _, truth, scores, labels = _keys(n=60)
    # Of targets, which are few, there is one for each, but no table of them.
    has_labels = metrics.metric(name)(truth, scores, labels)[1] is not None
    assert has_labels == (known.per_label is not None or known.task == "regression")


@pytest.mark.parametrize("name", ["acuracy", "no.such.module", "math.no_such_function"])
def test_an_unknown_metric_is_refused(name):
    with pytest.raises(ValueError, match="metric"):
        metrics.metric(name)


def test_resampled_values_are_those_of_the_given_arrays_whatever_was_asked_before():
    generator = np.random.default_rng(0)
    y_true = generator.random((60, 3)) < 0.4
    scores = [generator.random((60, 3)) for _ in range(2)]
    once = np.ones((1, 60), dtype=int)
    for y_score in (*scores, scores[0].copy(), scores[0]):
        for metric in (tagging.average_precision, tagging.roc_auc):
            values, per_label = metric(y_true, y_score, "abc", once)
            expected, of_labels = metric(y_true, y_score, "abc")
            assert values == pytest.approx([expected])
            np.testing.assert_allclose(per_label[0], of_labels)
