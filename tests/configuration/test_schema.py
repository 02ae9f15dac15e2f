"""The schema: every key that a user may write has a description, and a default unless its object requires it."""

import jsonschema
import pytest

from soundcheck.configuration import catalogue
from soundcheck.configuration.catalogue import embedder_row, said_by_family
from soundcheck.configuration.embedders import OWN
from soundcheck.configuration.schema import complete
from soundcheck.configuration.tasks import POSTPROCESSING
from soundcheck.configuration.yaml.empty_keys import is_nothing, schema_of_given
from soundcheck.embedding.families import function, onnx_file
from soundcheck.probing.mlp import preprocessing
from soundcheck.scoring.metrics import METRICS
from soundcheck.tasks import TASK_TYPES


def _objects(schema, where=""):
    """Each object with keys of its own, wherever in the schema it stands."""
    if isinstance(schema, dict):
        if isinstance(schema.get("properties"), dict):
            yield where, schema
        for key, value in schema.items():
            yield from _objects(value, f"{where}/{key}")
    if isinstance(schema, list):
        for position, value in enumerate(schema):
            yield from _objects(value, f"{where}/{position}")


def _keys(schema):
    return [
        (f"{where}/{key}", described, key in definition.get("required", ()))
        for where, definition in _objects(schema)
        for key, described in definition["properties"].items()
    ]


@pytest.fixture(scope="module")
def schema(repository):
    folder = repository / "workflow" / "schemas"
    assert [file.name for file in folder.iterdir()] == ["config.schema.yaml"], "a new schema belongs into these tests"
    return catalogue.load(repository).schema


@pytest.fixture(scope="module")
def defaults(schema):
    """The defaults of the keys of a definition that have one."""

    def defaults_of(definition):
        properties = schema["$defs"][definition]["properties"]
        return {key: described["default"] for key, described in properties.items() if "default" in described}

    return defaults_of


def test_every_key_has_a_description_and_a_default_unless_it_is_required(schema):
    keys = _keys(schema)
    assert len(keys) > 100
    assert [where for where, described, _ in keys if len(described.get("description", "").strip()) < 5] == []
    # What is required has no default by nature.
    assert [where for where, described, required in keys if required == ("default" in described)] == []


def test_no_object_takes_a_key_that_is_not_described(schema):
    for where, definition in _objects(schema):
        assert definition["additionalProperties"] is False, where
        assert set(definition.get("required", ())) <= definition["properties"].keys(), where


def test_every_default_is_a_value_that_its_key_may_have(schema):
    for where, described, _ in _keys(schema):
        if "default" in described:
            whole = described | {"$defs": schema["$defs"]}
            assert jsonschema.Draft202012Validator(whole).is_valid(described["default"]), where


def test_words_for_a_default_stand_only_where_the_default_says_nothing(schema):
    for where, described, required in _keys(schema):
        if "x-default" in described:
            assert where.endswith("/name") if required else is_nothing(described), where


def test_null_is_allowed_exactly_where_the_default_is_nothing(schema):
    for where, described, _ in _keys(schema):
        whole = described | {"$defs": schema["$defs"]}
        assert jsonschema.Draft202012Validator(whole).is_valid(None) == is_nothing(described), where


def test_what_is_given_is_never_null(schema):
    strict = schema_of_given(schema)
    assert [where for where, _, _ in _keys(strict)] == [where for where, _, _ in _keys(schema)]
    for where, described, _ in _keys(strict):
        assert not jsonschema.Draft202012Validator(described | {"$defs": strict["$defs"]}).is_valid(None), where


def test_defaults_of_a_row_of_the_catalogue_are_those_of_the_code(schema):
    required = {"family": "clmr", "sample_rate": 16000}
    row = complete(required, schema_of_given(schema)["$defs"]["embedder_row"], schema_of_given(schema))
    made = embedder_row(required)
    assert made.pop("env") == "clmr"  # the family's own
    assert made.items() <= row.items()
    assert row.keys() - made.keys() == {"n_layers", "window_s"}


def test_defaults_of_a_file_of_weights_are_those_of_the_code(schema):
    file = {"file": "a", "url": "b"}
    described = schema["$defs"]["embedder_row"]["properties"]["weights"]["items"]
    assert embedder_row({"family": "clmr", "weights": [file]})["weights"] == [complete(file, described)]


def test_defaults_of_an_onnx_file_are_those_of_its_module(defaults):
    # Without a hop of their own its windows do not overlap.
    of_the_schema = defaults("embedder") | {"hop_s": 0}
    assert {key: of_the_schema[key] for key in onnx_file.DEFAULTS} == onnx_file.DEFAULTS


def test_the_default_length_of_pieces_is_that_of_a_function_of_ones_own(defaults, tmp_path):
    (tmp_path / "own.py").write_text("def embed(samples, sample_rate):\n    return samples[:2]\n")
    entry = {"name": "own", "file": str(tmp_path / "own.py"), "function": "embed", "sample_rate": 8000}
    longest = defaults("embedder")["longest_s"]
    assert function.load(entry, "cpu").cut.keywords == function.load(entry | {"longest_s": longest}, "cpu").cut.keywords


def test_defaults_that_depend_on_something_are_told_in_words(schema):
    def described(definition, key):
        return schema["$defs"][definition]["properties"][key]

    for key, value in POSTPROCESSING.items():
        text = value if isinstance(value, str) else " and ".join(map(str, value))
        assert described("task", key)["x-default"].replace("`", "").endswith(f"else {text}")
    for kind in TASK_TYPES.values():
        assert kind.output_activation in described("probe", "output_activation")["description"]
        assert f"`{kind.criterion}` for {kind.name}" in described("probe", "save_criterion")["description"]
    for own in OWN:
        env = said_by_family({"onnx": "onnx_file"}.get(own, own))["ENVIRONMENT"]
        assert f"`{env}`" in described("embedder", "env")["x-default"]
    share = f"{100 * preprocessing._PCA_VARIANCE:g} % of the variance"
    assert described("probe", "pca_components")["x-default"] == share


def test_types_of_tasks_and_metrics_are_those_of_the_code(schema):
    properties = {name: schema["$defs"][name]["properties"] for name in ("experiment", "task", "probe")}
    written = [kind.written for kind in TASK_TYPES.values()]
    assert properties["task"]["type"]["enum"] == [*written, None]
    assert all(f"`{name}`" in properties["task"]["type"]["description"] for name in written)
    activations = {kind.output_activation for kind in TASK_TYPES.values()}
    assert set(properties["probe"]["output_activation"]["enum"]) == {*activations, None}
    assert all(f"`{name}`" in properties["experiment"]["metrics"]["description"] for name in METRICS)
    criteria = {name for name, metric in METRICS.items() if metric.criterion}
    assert set(properties["probe"]["save_criterion"]["enum"]) == {"loss", *criteria, None}
