"""The configuration: what is accepted, what defaults mean, and that every mistake stops with its place and a hint."""

import pytest
import yaml
from minimal_config import MINIMAL

from soundcheck.configuration import catalogue, matrix
from soundcheck.configuration.read import read
from soundcheck.plumbing.errors import SoundcheckError


@pytest.fixture(scope="module")
def known(repository):
    return catalogue.load(repository)


@pytest.fixture
def load(known, tmp_path):
    def load_text(text):
        file = tmp_path / "config.yaml"
        file.write_text(text)
        return read(yaml.safe_load(text), known, [file])

    return load_text


def change(**keys):
    experiment = yaml.safe_load(MINIMAL)["experiments"][0]
    return yaml.safe_dump({"experiments": [experiment | keys]})


def test_minimal_config_reads_with_the_defaults_of_the_thesis(load):
    experiment = load(MINIMAL).experiments[0]
    probe = experiment.probes[0].for_task(experiment.task)
    assert probe["learning_rate"] == 1e-3
    assert probe["weight_decay"] == 1e-5
    assert (probe["epochs"], probe["patience"], probe["batch_size"]) == (100, 10, 100)
    assert probe["standardize"] is True
    assert probe["output_activation"] == "softmax"
    assert experiment.datasets[0][2][0].name == "clean"


def test_keys_of_the_thesis_and_of_the_released_toolkit_mean_the_same(load):
    ours = load(change(deformations=["D1"]))
    released = load(
        """
experiments:
  - task: {name: instrument_classification, type: multiclass_classification, feature_aggregation: mean}
    datasets:
      - name: synthetic
        type: custom
        split_type: single
        deformations:
          - - {type: AddGaussianSNR, params: {min_snr_in_db: 15, max_snr_in_db: 15, p: 1}}
    features: [handcrafted-mfcc]
    probes: [{type: classifier, emb_dim_reduction: False, emb_shape: infer, hidden_units: [],
              output_activation: softmax, weight_decay: 1e-5, optimizer: adam, learning_rate: 1e-3,
              train_sampling: random}]
"""
    )
    (dataset, split, scenarios), experiment = released.experiments[0].datasets[0], released.experiments[0]
    assert (dataset, split) == ours.experiments[0].datasets[0][:2]
    assert scenarios[1].name == "AddGaussianSNR-15dB"
    assert scenarios[1].transforms[0]["params"] == {"max_snr_db": 15, "min_snr_db": 15, "p": 1}
    task = experiment.task
    assert experiment.probes[0].for_task(task) == ours.experiments[0].probes[0].for_task(task)
    thesis = load(MINIMAL.replace("embedders", "embedding_models").replace("probes", "downstream_models"))
    assert thesis.experiments == load(MINIMAL).experiments


def test_numbers_that_yaml_reads_as_text_are_numbers(load):
    config = load(change(probes=[{"learning_rate": "1e-2"}]))
    assert config.experiments[0].probes[0].parameters["learning_rate"] == 0.01
    assert config.experiments[0].probes[0].name == "MLP-linear-learning_rate-0.01"


@pytest.mark.parametrize(
    ("text", "line", "expected"),
    [
        (MINIMAL + "sead: 1\n", 7, "did you mean 'seed'"),
        (MINIMAL.replace("instrument_classification", "instrument_clasification"), 3, "'instrument_classification'?"),
        (MINIMAL.replace("synthetic", "syntetic"), 4, "did you mean 'synthetic'"),
        (MINIMAL.replace("handcrafted-mfcc", "handcrafted_mfc"), 5, "did you mean 'handcrafted-mfcc'"),
        (MINIMAL.replace("[M1]", "[M9]"), 6, "unknown name 'M9'"),
        (MINIMAL.replace("[M1]", "[{hidden_unit: [3]}]"), 6, "did you mean 'hidden_units'"),
        (MINIMAL.replace("[M1]", "[{hidden_units: [infr]}]"), 6, "power_infer"),
        (MINIMAL.replace("[M1]", "[{output_activation: sigmoid}]"), 6, "sigmoid does not fit"),
        (MINIMAL.replace("[M1]", "[{save_criterion: val_auc}]"), 6, "roc_auc is not defined for"),
        (MINIMAL + "    metrics: [mir_eval]\n", 7, "key_score does not fit instrument_classification"),
        (MINIMAL + "    metrics: [acuracy]\n", 7, "did you mean 'accuracy'"),
        (MINIMAL + "    deformations: [[{type: AddGausianSNR}]]\n", 7, "did you mean 'AddGaussianSNR'"),
        (MINIMAL + "    deformations: [[{type: Gain, params: {min_gain: 1}}]]\n", 7, "did you mean 'min_gain_db'"),
        (MINIMAL + "    deformations: [{name: clean, transforms: [{type: Reverse}]}]\n", 7, "another name"),
        (
            MINIMAL + "    deformations: [{type: Gain, params: {min_gain_db: 9, max_gain_db: 3}}]\n",
            7,
            "min_gain_db (9) is above",
        ),
        (MINIMAL + "    deformations: [{type: Gain, params: {min_gain_db: low}}]\n", 7, "expected a number, got 'low'"),
        (MINIMAL + "    aggregation: predicton\n", 7, "possible are mean, prediction"),
        (
            MINIMAL.replace("instrument_classification", "{name: mood, type: multi_class}"),
            3,
            "multiclass_classification,",
        ),
        (MINIMAL.replace("instrument_classification", "mood"), 3, "type: multiclass_classification"),
        (MINIMAL.replace("[synthetic]", "synthetic"), 4, "expected a list, got 'synthetic': put each item"),
        (MINIMAL.replace("[M1]", "[{patience: }]"), 6, "expected a whole number, got nothing"),
        (MINIMAL.replace("[synthetic]", "[{name: my audio, type: folder}]"), 4, "such as 'my_audio'"),
        (MINIMAL.replace("[synthetic]", "[{name: a, label: x}]"), 4, "it is one of the options: `options: {label: …}`"),
        (
            MINIMAL.replace("[synthetic]", "[{name: synthetic, split_type: [0.8, 0.2, 0.2]}]"),
            4,
            "sum to 1.2;",
        ),
        (
            MINIMAL.replace("[synthetic]", "[{name: a, type: folder, dir: ., csv: no.csv}]"),
            4,
            "there is no file 'no.csv'",
        ),
        (MINIMAL.replace("[synthetic]", "[{train_on: synthetic}]"), 4, "train_on needs test_on beside it"),
        (
            MINIMAL.replace(
                "[synthetic]", "[{train_on: synthetic, test_on: {name: philharmonia}, group_equal_audio: true}]"
            ),
            4,
            "`group_equal_audio` belongs to the datasets of `train_on` and `test_on`",
        ),
        (MINIMAL.replace("[synthetic]", "[{name: synthetic, group_equal_audio: 1}]"), 4, "expected `true` or `false`"),
        (MINIMAL + "    probes: [M2]\n", 7, "probes: this key appears twice"),
        (MINIMAL.replace("    probes: [M1]\n", ""), 3, "'probes' missing"),
        (MINIMAL.replace("[synthetic]", "[{name: mine, type: folder}]"), 4, "needs `dir`"),
        (MINIMAL.replace("[handcrafted-mfcc]", "[{name: mine, hear: no.py}]"), 5, "there is no file 'no.py'"),
        (
            MINIMAL.replace("[handcrafted-mfcc]", "[{name: x, like: handcrafted-mfcc, weights: README.md}]"),
            5,
            "handcrafted-mfcc has no weights",
        ),
        (MINIMAL.replace("synthetic", "{train_on: synthetic}"), 4, "needs test_on beside it"),
        (MINIMAL.replace("[M1]", "[{emb_dim_reduction: PCA, pca_components: 1.5}]"), 6, "neither a number"),
        (MINIMAL + "    deformations: [[{type: Gain, params: [min_gain_db: 1]}]]\n", 7, "a mapping"),
        (
            MINIMAL + "    deformations: [[{type: Gain, params: {min_gain_db: 5, max_gain_db: -5}}]]\n",
            7,
            "min_gain_db (5) is above max_gain_db (-5)",
        ),
        (
            MINIMAL + "    deformations: [[{type: AddBackgroundNoise, params: {sounds_path: nowhere}}]]\n",
            7,
            "there is no sounds_path 'nowhere'",
        ),
        (MINIMAL + "    deformations: [[{type: ApplyImpulseResponse}]]\n", 7, "needs ir_path"),
        (MINIMAL + "    exclude: [{probe: M2, reason: too slow}]\n", 7, "no probe 'M2'"),
        (MINIMAL + "    exclude: [{embedder: handcrafted-mfc, reason: x}]\n", 7, "did you mean 'handcrafted-mfcc'"),
        (MINIMAL + "catalogue: {mine: {family: huggingfase, sample_rate: 16000}}\n", 7, "did you mean 'huggingface'"),
        (MINIMAL + "catalogue: {mine: {family: crepe, env: crepes, sample_rate: 16000}}\n", 7, "did you mean 'crepe'"),
    ],
)
def test_a_mistake_stops_with_its_line_and_the_nearest_valid_name(load, text, line, expected):
    with pytest.raises(SoundcheckError) as error:
        load(text)
    assert f"config.yaml, line {line}:" in str(error.value)
    assert expected in str(error.value)


def test_equal_audio_is_grouped_where_a_dataset_says_so(load):
    text = MINIMAL.replace("[synthetic]", "[synthetic, {name: philharmonia, group_equal_audio: true}]")
    datasets = load(text).experiments[0].datasets
    assert [dataset.group_equal_audio for dataset, *_ in datasets] == [False, True]


def test_a_metric_that_is_named_twice_is_computed_once(load):
    assert load(change(metrics=["acc", "f1_macro", "accuracy"])).experiments[0].metrics == ["accuracy", "f1_macro"]


def test_all_mistakes_are_reported_together(load):
    with pytest.raises(SoundcheckError, match="2 mistakes"):
        load(MINIMAL.replace("[M1]", "[M9]") + "sead: 1\n")


def test_one_name_for_two_different_probes_is_refused(load):
    with pytest.raises(SoundcheckError, match="'X' is defined twice"):
        load(change(probes=[{"name": "X", "hidden_units": [3]}, {"name": "X", "hidden_units": [4]}]))


def test_a_tilde_in_a_path_is_the_home_folder(load, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "audio").mkdir()
    (tmp_path / "model.py").write_text("")
    (tmp_path / "labels.csv").write_text("")
    text = change(
        datasets=[{"name": "mine", "type": "folder", "dir": "~/audio", "csv": "~/labels.csv"}],
        embedders=[{"name": "own", "hear": "~/model.py"}],
    )
    config = load(f"results: ~/results\n{text}")
    ((dataset, _, _),) = config.experiments[0].datasets
    assert dataset.folder == str(tmp_path / "audio")
    assert dataset.options["csv"] == str(tmp_path / "labels.csv")
    assert config.experiments[0].embedders[0].files[0] == str(tmp_path / "model.py")
    assert config.results == str(tmp_path / "results")


def test_a_table_may_lie_beside_the_audio(load, tmp_path):
    (tmp_path / "labels.csv").write_text("")
    config = load(change(datasets=[{"name": "mine", "type": "folder", "dir": str(tmp_path), "csv": "labels.csv"}]))
    assert config.experiments[0].datasets[0][0].options["csv"] == str(tmp_path / "labels.csv")


def test_numbers_of_a_deformation_that_yaml_reads_as_text_are_numbers(load):
    deformation = "[{type: AddGaussianNoise, params: {min_amplitude: 1e-3, max_amplitude: 0.1}}]"
    ((_, _, scenarios),) = load(MINIMAL + f"    deformations: {deformation}\n").experiments[0].datasets
    assert scenarios[1].transforms[0]["params"]["min_amplitude"] == 0.001


def test_a_single_experiment_needs_no_list_around_it(load):
    text = MINIMAL.replace("  - task", "    task")
    assert load(text).experiments == load(MINIMAL).experiments


def test_the_same_mistake_is_told_once(load):
    with pytest.raises(SoundcheckError, match=r"1 mistake:\n.*'datasets', 'embedders', 'probes' missing"):
        load("experiments:\n  - task: instrument_classification\n")


def test_readable_names_for_unnamed_scenarios(load):
    transforms = [
        {"type": "Gain", "params": {"min_gain_db": -12, "max_gain_db": -12}},
        {"type": "PitchShift", "params": {"min_semitones": 1, "max_semitones": 2}},
    ]
    scenario = load(change(deformations=[transforms])).experiments[0].datasets[0][2][1]
    assert scenario.name == "Gain-minus12dB_PitchShift-1to2st"


def test_every_config_of_the_repository_reads(repository, known):
    configs = [path for path in (repository / "config").glob("*.yaml") if "\nexperiments:" in path.read_text()]
    assert len(configs) >= 2
    for path in configs:
        assert matrix.build(read(yaml.safe_load(path.read_text()), known, [path])).cells


def test_a_table_of_labels_may_lie_in_the_working_directory_or_beside_the_audio(load, tmp_path, monkeypatch):
    here, audio = tmp_path / "here", tmp_path / "audio"
    here.mkdir()
    audio.mkdir()
    monkeypatch.chdir(here)
    mine = {"name": "mine", "type": "folder", "dir": str(audio), "csv": "labels.csv"}

    def csv():
        return load(change(datasets=[mine])).experiments[0].datasets[0][0].options["csv"]

    with pytest.raises(SoundcheckError, match=r"line 3: .*no file 'labels.csv', neither in the working dir"):
        csv()
    (audio / "labels.csv").touch()
    assert csv() == str(audio / "labels.csv")
    (here / "labels.csv").touch()
    assert csv() == "labels.csv"


def test_a_dataset_that_is_joined_must_be_the_one_that_stands_alone(load, tmp_path):
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
    alone = {"name": "ours", "type": "folder", "dir": str(tmp_path / "here")}
    joined = {"train_on": alone | {"dir": str(tmp_path / "there")}, "test_on": "synthetic"}
    with pytest.raises(SoundcheckError, match="dataset 'ours' is defined twice, differently"):
        load(change(datasets=[alone, joined]))
    assert load(change(datasets=[alone, joined | {"train_on": alone}])).experiments
