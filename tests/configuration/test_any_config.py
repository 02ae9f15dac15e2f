"""Whatever a configuration holds, it is read, or refused with all of its mistakes: never another outcome."""

import copy
import datetime
import re

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from soundcheck.configuration import catalogue
from soundcheck.configuration.plan import Plan
from soundcheck.configuration.read import read
from soundcheck.plumbing.errors import SoundcheckError

WHOLE = yaml.safe_load("""
results: results
seed: 1
seeds: [0, 1]
resamples: 200
autotable: [embedders, probes]
listen: 2
catalogue: {mine: {like: crepe-tiny}}
experiments:
  - task: {name: mood, type: multilabel_classification}
    datasets:
      - {name: own, type: folder, dir: ., csv: own.csv, options: {label: mood}, split_type: [0.6, 0.2, 0.2]}
      - {train_on: {name: third, type: folder, dir: .}, test_on: {name: other, type: folder, dir: .}}
    deformations:
      - D1
      - {name: noise, transforms: [{type: AddGaussianSNR, params: {min_snr_db: 5, max_snr_db: 5}}]}
    embedders:
      - handcrafted-mfcc
      - {name: layers, like: mert-v1-95m, layers: [[0], [1, 2]], pooling: mean, hop_s: 0.5}
      - {name: function, function: own.py:embed, sample_rate: 16000, gpu: 0}
    probes:
      - M1
      - {name: wide, hidden_units: [64, infer], epochs: 5, emb_dim_reduction: PCA, pca_components: 3}
    metrics: [roc_auc, own.score]
    exclude: [{embedder: function, deformation: noise, reason: too slow}]
  - task: instrument_classification
    datasets: [synthetic]
    embedders: [handcrafted-mfcc]
    probes: [M1]
""")
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**12), 10**12),
    st.floats(allow_subnormal=False),
    st.text(max_size=20),
    st.sampled_from(["clean", "D1", "M1", "..", "a.b", "own.py", "{x}", "~", "\udce9", datetime.date(2024, 1, 1)]),
    st.lists(st.one_of(st.integers(-1, 3), st.text(max_size=3)), max_size=3),
    st.dictionaries(st.one_of(st.text(max_size=5), st.integers(0, 2)), st.integers(0, 3), max_size=3),
)


def places(value, path=()):
    """The paths of all that a configuration holds, itself included."""
    yield path
    if isinstance(value, dict | list):
        for part, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(inner, (*path, part))


PLACES = [path for path in places(WHOLE) if path]


@st.composite
def configurations(draw):
    """A configuration that is right but for one to three places, which hold something else, or are missing or twice."""
    config = copy.deepcopy(WHOLE)
    for path in draw(st.lists(st.sampled_from(PLACES), min_size=1, max_size=3, unique=True)):
        holder = config
        try:
            for part in path[:-1]:
                holder = holder[part]
            holder[path[-1]]
        except (KeyError, IndexError, TypeError):
            continue  # what holds it has been replaced
        how = draw(st.sampled_from(["other", "other", "missing", "twice", "unknown key"]))
        if how == "missing" and isinstance(holder, dict | list):
            del holder[path[-1]]
        elif how == "twice" and isinstance(holder, list):
            holder.append(copy.deepcopy(holder[path[-1]]))
        elif how == "unknown key" and isinstance(holder, dict):
            holder[draw(st.text(max_size=8))] = draw(ODD)
        elif isinstance(holder, dict | list):
            holder[path[-1]] = draw(ODD)
    return config


@pytest.fixture(scope="module")
def known(repository, tmp_path_factory):
    directory = tmp_path_factory.mktemp("configs")
    (directory / "own.py").write_text(
        "def embed(samples, rate):\n    return samples\n\ndef score(a, b, c):\n    return 0\n"
    )
    (directory / "own.csv").write_text("path,mood\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(directory)
        yield catalogue.load(repository)


def test_the_whole_configuration_is_right(known):
    assert len(read(copy.deepcopy(WHOLE) | {"catalogue": {}}, known).experiments) == 2


@settings(max_examples=90, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(configurations())
def test_any_configuration_is_planned_or_refused_with_its_places(known, config):
    outcome = planned(config, known)
    assert outcome == "planned" or re.match(r"the configuration has \d+ mistakes?:\n  ", outcome)


def planned(config, known):
    """`planned`, or the message with which the configuration is refused."""
    try:
        Plan(read(config, known))
        return "planned"
    except SoundcheckError as error:
        return str(error)
