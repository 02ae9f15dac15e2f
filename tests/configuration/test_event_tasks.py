"""Event detection in a configuration: what it gets, what does not fit it, and the manual's example."""

import json
import re

import pytest
import yaml

from soundcheck.configuration import catalogue, matrix
from soundcheck.configuration.plan import Evaluation, Plan
from soundcheck.configuration.read import read
from soundcheck.plumbing.errors import SoundcheckError

METRICS = ["event_onset_200ms", "event_onset_50ms", "event_onset_offset_50ms", "segment_error_rate"]
GRID = {"choose_by": "event_onset_200ms", "median_filter_ms": [250], "min_duration_ms": [125, 250]}


@pytest.fixture(scope="module")
def known(repository):
    return catalogue.load(repository)


TASK = {"name": "sounds", "type": "event_detection"}


def config_of(known, tmp_path, task=TASK, **changes):
    (tmp_path / "mine.py").write_text("")
    experiment = {"datasets": [{"name": "office", "type": "hear_tasks", "dir": "nowhere"}], "task": task}
    experiment |= {"embedders": ["crepe-tiny"], "probes": ["M1"]} | changes
    return read(yaml.safe_load(json.dumps({"experiments": [experiment]})), known)


def test_an_event_task_gets_frames_metrics_and_the_benchmarks_post_processing(known, tmp_path):
    config = config_of(known, tmp_path, embedders=["crepe-tiny", {"name": "mine", "hear": str(tmp_path / "mine.py")}])
    (experiment,) = config.experiments
    assert experiment.metrics == METRICS
    assert [embedder.name for embedder in experiment.embedders] == ["crepe-tiny-frames", "mine"]
    assert all(embedder.entry["pooling"] == "none" for embedder in experiment.embedders)
    assert experiment.embedders[1].entry["use"] == "timestamps"
    probe = experiment.probes[0].for_task(experiment.task)
    assert (probe["output_activation"], probe["save_criterion"]) == ("sigmoid", "average_precision")
    assert probe["postprocessing"] == GRID
    plan = Plan(matrix.build(config))
    evaluation = Evaluation("office", "sounds", "single")
    assert plan.labelled == [evaluation]
    assert plan.first_labelled_metric(evaluation) == "event_onset_200ms"


def test_other_types_of_task_have_no_post_processing(known, tmp_path):
    (experiment,) = config_of(known, tmp_path, {"name": "sounds", "type": "multilabel"}).experiments
    assert "postprocessing" not in experiment.probes[0].for_task(experiment.task)


def test_numbers_lists_and_the_benchmarks_names_are_understood(known, tmp_path):
    task = TASK | {"median_filter_ms": 0, "min_duration_ms": [100.5, 50], "choose_by": "event_onset_50ms_fms"}
    (experiment,) = config_of(known, tmp_path, task, metrics=["segment_1s_er", "event_onset_200ms_fms"]).experiments
    grid = {"choose_by": "event_onset_50ms", "median_filter_ms": [0], "min_duration_ms": [50, 100.5]}
    assert experiment.task.postprocessing == grid
    assert experiment.metrics == ["segment_error_rate", "event_onset_200ms"]
    plan = Plan(matrix.build(config_of(known, tmp_path, task, metrics=experiment.metrics)))
    assert plan.first_labelled_metric(Evaluation("office", "sounds", "single")) == "event_onset_200ms"


def test_the_catalogue_knows_the_benchmarks_two_tasks(known, tmp_path):
    grids = [config_of(known, tmp_path, task).experiments[0].task.postprocessing for task in
             ("sound_event_detection", "note_detection")]  # fmt: skip
    assert grids == [GRID, {"choose_by": "event_onset_50ms", "median_filter_ms": [150], "min_duration_ms": [50]}]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"embedders": [{"like": "crepe-tiny", "pooling": "mean"}]}, r"needs every frame: `pooling: none`"),
        ({"embedders": [{"like": "crepe-tiny", "pooling": ["none", "max"]}]}, "needs every frame"),
        ({"embedders": [{"name": "m", "hear": "mine.py", "use": "scene"}]}, "`use: timestamps`"),
        ({"embedders": [{"name": "m", "function": "mine.py", "sample_rate": 1}]}, "a function's frames have no times"),
        ({"metrics": ["roc_auc"]}, "roc_auc does not fit sounds"),
        ({"probes": [{"save_criterion": "accuracy"}]}, "use one of average_precision, loss, roc_auc"),
        ({"probes": [{"output_activation": "softmax"}]}, "softmax does not fit sounds, which is event_detection"),
        ({"task": TASK | {"choose_by": "event_onset_20ms"}}, "did you mean 'event_onset_200ms'"),
        ({"task": TASK | {"choose_by": "accuracy"}}, "'accuracy' is not possible"),
        ({"task": TASK | {"median_filter_ms": -1}}, "A number of milliseconds"),
        ({"task": TASK | {"min_duration_ms": []}}, "A number of milliseconds"),
        ({"task": TASK | {"min_duration_ms": "long"}}, "A number of milliseconds"),
        ({"task": {"name": "sounds", "type": "multilabel", "min_duration_ms": 3}}, "is for event_detection"),
        ({"task": {"name": "sounds", "type": "event_detect"}}, "possible are .*event_detection"),
        ({"datasets": ["vocalset"]}, "vocalset has labels without times.*datasets with times: folder, hear_tasks"),
        ({"datasets": [{"name": "x", "type": "mirdata", "options": {"label": "a"}}]}, "labels without times"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_by_name(known, tmp_path, monkeypatch, changes, said):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SoundcheckError, match=said):
        config_of(known, tmp_path, **changes)


def test_one_task_cannot_have_two_ways_to_make_events(known):
    experiment = {"datasets": [{"name": "office", "type": "hear_tasks"}], "embedders": ["crepe-tiny"], "probes": ["M1"]}
    both = [experiment | {"task": TASK}, experiment | {"task": TASK | {"median_filter_ms": 0}}]
    with pytest.raises(SoundcheckError, match="task 'sounds' is defined twice, differently"):
        read({"experiments": both}, known)


def test_the_manuals_example_is_a_configuration(known, repository, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my_model.py").write_text("")
    manual = (repository / "docs" / "configuration" / "events.md").read_text(encoding="utf-8")
    (example,) = (block for block in re.findall(r"```yaml\n(.*?)```", manual, re.DOTALL) if "dcase2016" in block)
    (experiment,) = read(yaml.safe_load(example), known).experiments
    assert experiment.task.postprocessing == GRID
    assert experiment.metrics == METRICS
