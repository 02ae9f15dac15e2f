"""Types of tasks: what is said of them is said once, and nobody knows them by name."""

import re

from soundcheck.plumbing.digests.source import LIBRARY
from soundcheck.scoring import metrics
from soundcheck.tasks import KEY_ESTIMATION, TASK_TYPES

# Words of the benchmark HEAR, which are those of its files.
OTHERS_WORDS = {"soundcheck/datasets/sources/hear_tasks.py"}


def test_a_type_has_metrics_and_a_criterion_that_fits_what_is_trained():
    for kind in TASK_TYPES.values():
        assert [name for name, metric in metrics.METRICS.items() if metric.task == kind.name]
        assert metrics.criteria(kind)[0] == kind.criterion
        assert TASK_TYPES[kind.trained_as].output_activation == kind.output_activation
        for name in set(metrics.criteria(kind)) - {"loss"}:
            assert metrics.METRICS[name].task == kind.trained_as
            assert metrics.METRICS[name].criterion


def test_what_may_choose_an_epoch_begins_with_the_default():
    assert {name: metrics.criteria(kind) for name, kind in TASK_TYPES.items()} == {
        "multiclass": ["accuracy", "loss", "f1_macro"],
        "multilabel": ["roc_auc", "loss", "average_precision"],
        "regression": ["loss", "r2", "mae"],
        "event_detection": ["average_precision", "loss", "roc_auc"],
    }


def test_no_room_compares_the_name_of_a_type():
    names = "|".join([*TASK_TYPES, KEY_ESTIMATION])
    compared = re.compile(rf"""[!=]= ["']({names})["']|["']({names})["'] [!=]=""")
    scripts = LIBRARY.parent.rglob("*.py")
    found = {path.relative_to(LIBRARY.parent).as_posix() for path in scripts if compared.search(path.read_text())}
    assert found <= OTHERS_WORDS
