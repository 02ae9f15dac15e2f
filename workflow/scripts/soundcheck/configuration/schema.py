"""Checking a canonical configuration against the schema, in words for a researcher."""

import datetime
import json
import math
from collections.abc import Iterator
from typing import Any, TypeGuard

import jsonschema

from soundcheck.configuration.catalogue import Catalog
from soundcheck.configuration.yaml.empty_keys import schema_of_given
from soundcheck.configuration.yaml.places import Path_
from soundcheck.ids import safe_id
from soundcheck.plumbing.errors import nearest

Problem = tuple[tuple[str | int, ...], str]
# What belongs in a dataset's `options`, and is easily written beside them.
_OPTIONS = {"label", "dataset", "split_attribute", "group", "version", "index", "audio", "sample_rate"}
_TYPES = {
    "array": ("a list", ": put each item on a line of its own after `- `, or all into [ ]"),
    "object": ("a mapping", ": write `key: value`, indented, or {key: value}"),
    "string": ("text", ": put it in quotes"),
    "integer": ("a whole number", ""),
    "number": ("a number", ""),
    "boolean": ("`true` or `false`", ""),
}
# Where an item may be given by the name of a catalogue's entry.
_NAMED = {"deformations": "deformations", "probes": "probes"}


def complete(instance: object, schema: dict, root: dict | None = None) -> Any:
    """A copy of `instance` with the schema's defaults, and with numbers that YAML read as text made numbers.

    A default of null means that a key that is not given stays away. `root` is the schema that `schema` is a part of.
    """
    if root is None:
        root = schema = schema_of_given(schema)
    return _complete(instance, schema, root)


def _complete(instance: object, schema: dict, root: dict) -> object:
    schema = _resolved(schema, root)
    if isinstance(instance, dict) and "properties" in schema:
        filled = {key: _complete(value, schema["properties"].get(key, {}), root) for key, value in instance.items()}
        for key, described in schema["properties"].items():
            if key not in filled and described.get("default") is not None:
                filled[key] = json.loads(json.dumps(described["default"]))
        return filled
    if "anyOf" in schema:
        fitting = [each for each in schema["anyOf"] if _is_list(each, root) == isinstance(instance, list)]
        for option in [] if _is_text(instance, schema) else fitting:
            instance = _complete(instance, option, root)
        return instance
    if isinstance(instance, list):
        return [_complete(item, schema.get("items", {}), root) for item in instance]
    return _as_number(instance, schema)


def _is_list(schema: dict, root: dict) -> bool:
    return _resolved(schema, root).get("type") == "array"


def _is_text(value: object, schema: dict) -> bool:
    """Whether `value` is text that one of the alternatives takes as text."""
    options = schema["anyOf"]
    return isinstance(value, str) and any(
        value in each.get("enum", ()) or each.get("type") == "string" for each in options
    )


def is_number(value: object) -> TypeGuard[int | float]:
    """Whether a value is a number that can be computed with: none of `true`, `.inf` and `.nan`."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def shown(value: object) -> str:
    """A value as a user may recognise it, although YAML has read it as something else than was meant."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return f"`{str(value).lower()}` (also written {'yes or on' if value else 'no or off'})"
    if isinstance(value, datetime.date):
        return f"the date {value}"
    return repr(value)


def problems(instance: object, catalog: Catalog) -> Iterator[Problem]:
    """Each violation of the schema: its path in the configuration, and what is wrong with it."""
    schema = schema_of_given(catalog.schema)
    validator = jsonschema.Draft202012Validator(schema)
    said: set[Problem] = set()
    for error in sorted(validator.iter_errors(instance), key=lambda error: [str(part) for part in error.absolute_path]):
        for problem in _described(error, tuple(error.absolute_path), schema, catalog):
            # Of several missing keys each is an error of its own, with the same message.
            if problem not in said:
                yield problem
            said.add(problem)
    for path in _not_finite(instance):
        yield path, "expected a finite number, got .inf, .nan or one that is too large"


def _described(
    error: jsonschema.ValidationError, path: tuple[str | int, ...], root: dict, catalog: Catalog
) -> Iterator[Problem]:
    schema = _resolved(error.schema, root)
    if error.validator == "additionalProperties":
        for key in sorted(error.instance.keys() - schema["properties"].keys(), key=str):
            yield (*path, key), f"unknown key {key!r}{_where(key, path, schema['properties'], root)}"
    elif error.validator == "required":
        missing = [key for key in error.validator_value if key not in error.instance]
        yield path, f"{', '.join(map(repr, missing))} missing; required are {', '.join(error.validator_value)}"
    elif error.validator == "enum":
        possible = ", ".join(map(str, error.validator_value))
        hint = f"; possible are {possible}" if len(possible) < 100 else nearest(error.instance, error.validator_value)
        yield path, f"{shown(error.instance)} is not possible{hint}{_default(error)}"
    elif error.validator == "type" and len(path) >= 2 and path[-2] in _NAMED and isinstance(error.instance, str):
        known = getattr(catalog, _NAMED[path[-2]])
        is_transform = path[-2] == "deformations" and error.instance in catalog.transforms
        hint = f"; a transform is {{type: {error.instance}}}" if is_transform else nearest(error.instance, known)
        yield path, f"unknown name {error.instance!r}{hint}"
    elif error.validator == "anyOf":
        words = sorted(str(value) for option in error.validator_value for value in option.get("enum", ()))
        hint = schema.get("description") or f"possible are {', '.join(words)}, or a number"
        yield path, f"{shown(error.instance)} is not possible; {hint.rstrip('.')}{_default(error)}"
    elif error.validator == "maxItems":
        yield path, f"more than {error.validator_value:,} values; {schema.get('description', '')}".rstrip("; ")
    elif error.validator == "pattern" and path[-1:] == ("reason",):
        yield path, "the reason is empty: the report shows it"
    elif error.validator == "pattern":
        safe = safe_id(error.instance).lstrip(".-_")
        yield (
            path,
            f"{error.instance!r} cannot be a name; use letters, digits and . _ - only, not starting with . or -"
            + (f", such as {safe!r}" if safe else ""),
        )
    elif error.validator == "type" and isinstance(error.validator_value, str):
        wanted, advice = _TYPES[error.validator_value]
        # That of the whole configuration says nothing of a mistake.
        description = schema.get("description", "").rstrip(".") if path else ""
        advice = "" if error.instance is None else advice
        expected = _shortened(f"expected {wanted}, got {shown(error.instance)}{advice}")
        yield path, expected + f"; {description}".rstrip("; ") + _default(error)
    else:
        description = schema.get("description", "")
        yield path, f"{_shortened(error.message)}{'; ' + description if description else ''}"


def _where(key: object, path: Path_, properties: dict, root: dict) -> str:
    """Where an unknown key belongs."""
    if key in _OPTIONS and "options" in properties:
        return f"; it is one of the options: `options: {{{key}: …}}`"
    if path and key in root["properties"]:
        return "; it belongs to the top level of the file"
    if not path and key in root["$defs"]["experiment"]["properties"]:
        return "; it belongs in an experiment, below `experiments`"
    return nearest(key, properties)


def _not_finite(instance: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if isinstance(instance, float) and not math.isfinite(instance):
        yield path
    if isinstance(instance, dict | list):
        for part, value in instance.items() if isinstance(instance, dict) else enumerate(instance):
            yield from _not_finite(value, (*path, part))


def _default(error: jsonschema.ValidationError) -> str:
    """What to do about an empty key that may be left out."""
    if error.instance is not None or "default" not in error.schema:
        return ""
    return f"; leave the key out for its default, {json.dumps(error.schema['default'])}"


def _shortened(message: str) -> str:
    return message if len(message) < 200 else message[:120] + " … " + message[-60:]


def _resolved(schema: dict, root: dict) -> dict:
    if "$ref" in schema:
        name = schema["$ref"].removeprefix("#/$defs/")
        return root["$defs"][name]
    return schema


def _as_number(value: object, schema: dict) -> object:
    accepted = schema.get("type", [])
    accepted = {accepted} if isinstance(accepted, str) else set(accepted)
    if isinstance(value, str) and accepted == {"boolean"} and value.lower() in ("true", "false"):
        # As Snakemake hands on `--config key=true`.
        return value.lower() == "true"
    if isinstance(value, str) and accepted & {"number", "integer"} and "string" not in accepted:
        try:
            value = float(value)
        except ValueError:
            return value
    if isinstance(value, float) and value.is_integer() and "integer" in accepted and "number" not in accepted:
        return int(value)
    return value
