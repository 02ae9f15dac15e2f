"""Configurations that look right and are not: each stops with its line, or does what it seems to say."""

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
def load(known, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.py").write_text("top5 = top1 = max\n")
    (tmp_path / "broken.py").write_text("def top3():\nreturn\n")

    def load_text(text):
        file = tmp_path / "config.yaml"
        file.write_text(text, encoding="utf-8")
        return read(yaml.safe_load(text), known, [file])

    return load_text


def dataset(text):
    return MINIMAL.replace("[synthetic]", f"[{text}]")


def embedder(text):
    return MINIMAL.replace("[handcrafted-mfcc]", f"[{text}]")


def probe(text):
    return MINIMAL.replace("[M1]", f"[{text}]")


def scenario(text):
    return MINIMAL + f"    deformations: [{text}]\n"


def row(text):
    return MINIMAL + f"catalogue: {{mine: {{family: clmr, sample_rate: 22050, {text}}}}}\n"


TWICE = "this key appears twice, once as"
MEANINGLESS = [
    (embedder("{name: x, like: crepe-tiny, sample_rate: 8000}"), 5, "`sample_rate` has no meaning for an embedder of"),
    (embedder("{name: x, like: crepe-tiny, gpu: 0}"), 5, "`gpu` has no meaning for an embedder of the catalogue"),
    (embedder("{name: x, hear: own.py, hop_s: 0.5}"), 5, "`hop_s` has no meaning for `hear`: leave it out"),
    (embedder("{name: x, hear: own.py, options: {a: 1}}"), 5, "`options` has no meaning for `hear`"),
    (embedder("{name: x, precomputed: ., weights: own.py}"), 5, "`weights` has no meaning for `precomputed`"),
    (embedder("{name: x, like: crepe-tiny, hop_s: 1, options: {hop_s: 2}}"), 5, "`hop_s` is also given outside `opt"),
    (probe("{pca_components: 10}"), 6, "`pca_components` is for `emb_dim_reduction: PCA`"),
    (
        dataset("{train_on: {name: tinysol, split_type: all}, test_on: philharmonia}"),
        4,
        "belongs next to `train_on` and",
    ),
    (
        dataset("{train_on: tinysol, test_on: philharmonia, options: {label: x}}"),
        4,
        "`options` belongs to the datasets",
    ),
]
SYNONYMS = [
    (MINIMAL + "    features: [crepe-tiny]\n", 7, f"embedders: {TWICE} embedders and once as features: keep one"),
    (MINIMAL + "    aggregation: mean\n    feature_aggregation: prediction\n", 8, f"aggregation: {TWICE}"),
    (embedder("{like: crepe-tiny, hop: 1, hop_s: 0.5}"), 5, f"hop_s: {TWICE} hop and once as hop_s"),
    (scenario("{type: AddGaussianSNR, params: {min_snr_in_db: 3, min_snr_db: 9}}"), 7, f"min_snr_db: {TWICE}"),
]
NUMBERS = [
    (MINIMAL + "seed: 010\n", 7, "YAML reads 010 as 8, since a leading zero makes a number octal"),
    (embedder("{like: crepe-tiny, hop_s: 1:30}"), 5, "YAML reads 1:30 as 90, since colons count in sixties"),
    (embedder("{like: crepe-tiny, hop_s: .inf}"), 5, "expected a finite number"),
    (embedder("{like: crepe-tiny, hop_s: [.nan, 1]}"), 5, "expected a finite number"),
    (probe("{learning_rate: .inf}"), 6, "expected a finite number"),
    (scenario("{type: Gain, params: {min_gain_db: .nan}}"), 7, "expected a finite number"),
    (
        embedder("{name: x, like: crepe-tiny, options: {hop_s: fast}}"),
        5,
        "expected a number such as 0.05, got 'fast'",
    ),
    (scenario("{type: Gain, params: {min_gain_db: 2024-01-01}}"), 7, "expected a number, got the date 2024-01-01"),
    (scenario("{type: Gain, params: {p: 0}}"), 7, "0 is not a probability above 0"),
    (scenario("{type: Gain, params: {p: 2}}"), 7, "2 is not a probability above 0"),
    (scenario("{type: Gain, params: {p: on}}"), 7, "`true` (also written yes or on) is not a probability"),
    (MINIMAL + "seeds: -3\n", 7, "expected a list, got -3"),
    (embedder("{like: mert-v1-95m, layers: [6, 6]}"), 5, "[6, 6] names a layer twice"),
]
NAMES = [
    (MINIMAL.replace("instrument_classification", "no"), 3, "expected a mapping, got `false` (also written no or off)"),
    (dataset("{name: 2024-01-01, type: folder, dir: .}"), 4, "expected text, got the date 2024-01-01"),
    (probe('{name: "wide\\n"}'), 6, "such as 'wide'"),
    (probe("{name: " + "x" * 300 + "}"), 6, "is too long"),
    (MINIMAL + "catalogue: {my model: {family: clmr, sample_rate: 22050}}\n", 7, "such as 'my_model'"),
    (MINIMAL + "catalogue: {1: {family: clmr, sample_rate: 22050}}\n", 7, "expected text, got 1"),
    (MINIMAL + "    metrics: [my metrics.top3]\n", 7, "'my metrics.top3' is not a dotted name"),
    (MINIMAL + "    metrics: [../metrics.top3]\n", 7, "is not a dotted name"),
    (MINIMAL + "    metrics: [no_metrics.top3]\n", 7, "there is no module 'no_metrics', neither no_metrics.py in"),
    (MINIMAL + "    metrics: [own.top3]\n", 7, "own has no function 'top3'"),
    (MINIMAL + "    metrics: [sklearn.metrics.log_los]\n", 7, "did you mean 'log_loss'?"),
    (MINIMAL + "    metrics: [broken.top3]\n", 7, "line 2 of"),
    (MINIMAL + "seeds: 1000000000\n", 7, "more than 1,000 values"),
    (scenario("{type: Gain, params: {1: 2}}"), 7, "Gain has no parameter 1"),
]
FILES = [
    (MINIMAL + "results: ''\n", 7, "the name of the folder is empty; leave the key out for `results`"),
    (MINIMAL + "models: 'models/{x}'\n", 7, "braces or angle brackets"),
    (MINIMAL + "results: <results>/x\n", 7, "braces or angle brackets"),
    (dataset("{name: synthetic, dir: ''}"), 4, "`.` is the working directory"),
    (embedder("{name: x, hear: ''}"), 5, "there is no file ''"),
    (embedder("{name: x, hear: .}"), 5, "there is no file '.'"),
    (row("weights: [{file: ../../x, url: 'https://example.org/x'}]"), 7, "'../../x' does not lie below the folder"),
    (row("weights: [{file: /etc/x, url: 'https://example.org/x'}]"), 7, "'/etc/x' does not lie below the folder"),
    (row("huggingface: {repo: ../x, revision: '1', files: [a]}"), 7, "'../x' does not lie below the folder"),
    (row("layers_of: mert-v1-95, layers: [1]"), 7, "did you mean 'mert-v1-95m'?"),
    (row("layers_of: crepe-tiny, layers: [1]"), 7, "there are no layers to cut from 'crepe-tiny'"),
    (row("layers_of: mert-v1-95m, layers: [13]"), 7, "mert-v1-95m has layers 0 to 12, not 13"),
    (row("layers: [1]"), 7, "`layers` needs `layers_of`"),
]
OTHERS = [
    (probe("{name: M2, epochs: 5}"), 6, "M2 of config/catalogue/probes.yaml has hidden_units: [128], and this one []"),
    (
        scenario("{name: D1, transforms: [{type: Reverse}]}"),
        7,
        "D1 is a scenario of config/catalogue/deformations.yaml, and this",
    ),
    (embedder("{name: crepe-tiny, like: crepe-full}"), 5, "crepe-tiny is another embedder of the catalogue"),
    (dataset("{train_on: synthetic, test_on: synthetic}"), 4, "are the same dataset"),
    (
        probe("{emb_dim_reduction: PCA, pca_components: true}"),
        6,
        "expected a number, got `true` (also written yes or on)",
    ),
    (probe("{emb_dim_reduction: PCA, pca_components: 1.0}"), 6, "neither a number of components nor a share"),
    (embedder("{name: x, like: crepe-tiny, options: {capacity: 3}}"), 5, "expected text such as 'tiny', got 3"),
    (dataset("{name: x, type: folder, dir: ., options: {label: 3}}"), 4, "expected text, got 3"),
    (dataset("{name: x, type: folder, dir: ., options: {label: [a, ~]}}"), 4, "expected text, got "),
    (dataset("{name: x, type: mirdata, dir: ., options: {version: 1.0}}"), 4, "expected text, got 1.0: put it"),
    (dataset("{name: x, type: hear_tasks, dir: ., options: {sample_rate: 16k}}"), 4, "expected a whole number, got "),
    (MINIMAL + "    seeds: [1]\n", 7, "unknown key 'seeds'; it belongs to the top level"),
    (MINIMAL + "deformations: [D1]\n", 7, "unknown key 'deformations'; it belongs in an experiment"),
    (scenario("Reverse"), 7, "unknown name 'Reverse'; a transform is {type: Reverse}"),
    (MINIMAL + "catalogue: {mine: {family: __init__, sample_rate: 1}}\n", 7, "unknown family '__init__'"),
    (MINIMAL + "catalogue: {mine: {family: user_code, sample_rate: 1}}\n", 7, "unknown family 'user_code'"),
    (MINIMAL + "catalogue: {mine: {family: ../audio, sample_rate: 1}}\n", 7, "unknown family '../audio'"),
    (row("weights: [{file: a, url: example.org/a}]"), 7, "'example.org/a' is not an address"),
    (row("weights: [{file: a, url: 'https://example.org/a', sha256: abc}]"), 7, "'abc' is not a SHA-256"),
    (
        row("weights: [{file: a, url: 'https://a.org/a'}, {file: a, url: 'https://b.org/a'}]"),
        7,
        "has two different sources",
    ),
    (row("huggingface: {repo: me/x, revision: '1', files: []}"), 7, "`files` is empty"),
    (
        row("huggingface: {repo: me/x, revision: '1', files: [a]}, weights: [{file: a, url: 'https://a.org/a'}]"),
        7,
        "`huggingface` and `weights` exclude each other",
    ),
]
STRUCTURE = [
    (dataset("&all [*all]"), 4, "this anchor contains itself"),
    (probe("&m {name: x, emb_shape: *m}"), 6, "this anchor contains itself"),
    (scenario("[]"), 7, "no transforms: this would be clean audio"),
    (scenario("{name: x, transforms: []}"), 7, "no transforms: this would be clean audio"),
    (
        MINIMAL + "    exclude: [{reason: too slow}]\n",
        7,
        "this would exclude everything: say what to exclude, by dataset, deform",
    ),
    (MINIMAL + "    exclude: [{probe: M1, reason: ' '}]\n", 7, "the reason is empty"),
    (
        dataset(
            "{name: synthetic, split_type: [0.6, 0.2, 0.2]}, {name: synthetic, split_type: [0.60001, 0.2, 0.19999]}"
        ),
        4,
        "split '60-20-20' is defined twice, differently: write the shares alike",
    ),
    ("experiments: {a: {task: x, datasets: [], embedders: [],\n  probes: [M9]}}\n", 2, "unknown name 'M9'"),
]


@pytest.mark.parametrize(
    ("text", "line", "expected"), MEANINGLESS + SYNONYMS + NUMBERS + NAMES + FILES + OTHERS + STRUCTURE
)
def test_what_looks_right_and_is_not_stops_with_its_line(load, text, line, expected):
    with pytest.raises(SoundcheckError) as error:
        load(text)
    assert f"config.yaml, line {line}:" in str(error.value)
    assert expected in str(error.value)


def test_an_exclusion_of_all_that_there_is_says_so(load):
    config = load(MINIMAL + "    exclude: [{probe: M1, reason: too slow}]\n")
    with pytest.raises(SoundcheckError, match=r"`exclude` leaves nothing to evaluate; .* 'too slow'"):
        matrix.build(config)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (embedder("{like: crepe-tiny, hop_s: '0.5'}"), embedder("{like: crepe-tiny, hop_s: 0.5}")),
        (embedder("{like: crepe-tiny, hop_s: [1e-1, 1]}"), embedder("{like: crepe-tiny, hop_s: [0.1, 1]}")),
        (probe("{hidden_units: ['128', infer]}"), probe("{hidden_units: [128, infer]}")),
        (
            dataset("{name: synthetic, split_type: ['0.6', 0.2, 2e-1]}"),
            dataset("{name: synthetic, split_type: [0.6, 0.2, 0.2]}"),
        ),
        (MINIMAL + "results: ./results/mine/\n", MINIMAL + "results: results/mine\n"),
        (scenario("{type: Gain, params: {max_gain_db: ~}}"), scenario("{type: Gain, params: {}}")),
        ("\ufeff" + MINIMAL.replace("\n", "\r\n"), MINIMAL),
    ],
)
def test_what_is_written_otherwise_means_the_same(load, written, meant):
    assert load(written) == load(meant)


def test_a_number_of_a_published_split_stays_its_name(load):
    with pytest.raises(SoundcheckError, match="synthetic has no split '1'"):
        load(dataset("{name: synthetic, split_type: '1'}"))


def test_whole_numbers_of_a_deformation_stay_whole(load):
    # audiomentations refuses a quality of 5.0.
    ((_, _, scenarios),) = load(scenario("{type: Mp3Compression, params: {quality: '5'}}")).experiments[0].datasets
    assert isinstance(scenarios[1].transforms[0]["params"]["quality"], int)


def test_the_name_of_a_probe_tells_large_numbers_apart(load):
    probes = load(probe("{hidden_units: [1000000000]}, {learning_rate: 1.0e-9}")).experiments[0].probes
    assert [each.name for each in probes] == ["MLP-1000000000", "MLP-linear-learning_rate-1e-09"]


def test_what_is_written_out_as_in_the_catalogue_may_have_its_name(load):
    gain = "{name: D4, transforms: [{type: Gain, params: {min_gain_db: -12, max_gain_db: -12, p: 1}}]}"
    text = probe("{name: M2, hidden_units: [128], epochs: 100}") + f"    deformations: [{gain}]\n"
    cells = matrix.build(load(text)).cells
    assert cells == matrix.build(load(probe("M2") + "    deformations: [D4]\n")).cells


def test_a_path_of_digits_stays_text(load, tmp_path):
    (tmp_path / "2024").mkdir()
    (tmp_path / "2024" / "hall.wav").write_bytes(b"RIFF")
    text = scenario("{type: ApplyImpulseResponse, params: {ir_path: '2024'}}")
    ((_, _, scenarios),) = load(text).experiments[0].datasets
    assert scenarios[1].transforms[0]["params"]["ir_path"] == "2024"


def test_a_mistake_in_what_is_merged_is_found_where_it_is_written(load):
    text = """
experiments:
  - &base
    task: instrument_classification
    datasets: [synthetic]
    embedders: [handcrafted-mfc]
    probes: [M1]
  - <<: *base
    task: key_estimation
"""
    with pytest.raises(SoundcheckError) as error:
        load(text)
    assert str(error.value).count("config.yaml, line 6: ") == 2


def test_a_mistake_in_a_list_of_transforms_is_found_in_its_line(load):
    text = (
        MINIMAL
        + """    deformations:
      - - {type: Reverse}
        - type: Gain
          params:
            min_gain: 1
"""
    )
    with pytest.raises(SoundcheckError, match=r"line 9: .*'min_gain_db'"):
        load(text)


@pytest.mark.parametrize("metric", ["own.top5", "sklearn.metrics.log_loss", "mir_eval.key.weighted_score"])
def test_a_function_that_is_there_is_a_metric(load, metric):
    assert load(MINIMAL + f"    metrics: [{metric}]\n").experiments[0].metrics == [metric]


def test_what_the_schema_refuses_and_what_the_catalogues_refuse_is_one_list(load):
    text = """
seeds: many
experiments:
  - task: instrument_classification
    datasets: [synthetik]
    embedders: [handcrafted-mfcc, {name: x, gpu: yes}, crepe-tyni]
    probes: [M1]
    metrics: [acuracy]
  - task: [1]
    datasets: [synthetic]
"""
    with pytest.raises(SoundcheckError) as caught:
        load(text)
    said = str(caught.value)
    wrong = ("line 2: ", "unknown dataset 'synthetik'", "gpu", "'crepe-tyni'", "'acuracy'", "line 9: ", "missing")
    assert [word for word in wrong if word not in said] == []
