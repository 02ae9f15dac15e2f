"""Keys with nothing behind them: `key:`, `key: ~` or `key: null` is as if the key were not there.

That holds where leaving a key out means nothing of its own either: its default in the schema is `null` or empty. Where
the default is a value, such as ten epochs of patience, nothing might be meant as none, and stays a mistake.
"""

NULL = {"type": "null"}


def is_nothing(described: dict) -> bool:
    """Whether the default of a key, by its description in the schema, is nothing."""
    return "default" in described and described["default"] in (None, "", [], {})


def given(mapping: dict, definition: dict) -> dict:
    """`mapping` without its keys that have nothing behind them; `definition` describes them in the schema.

    A `name` is among them: it is made of the other keys where it is not given.
    """
    properties = definition["properties"]
    return {
        key: value
        for key, value in mapping.items()
        if value is not None or not (key == "name" or is_nothing(properties.get(key, {})))
    }


def schema_of_given(schema: dict) -> dict:
    """The schema for what `given` leaves: no key may be null any more, so that messages do not speak of it."""
    inner = {key: _part_of_given(value) for key, value in schema.items() if key != "default"}
    if "default" not in schema:
        return inner
    return _without_null(inner) | {"default": schema["default"]}


def _part_of_given(part: object) -> object:
    if isinstance(part, list):
        return [_part_of_given(item) for item in part]
    return schema_of_given(part) if isinstance(part, dict) else part


def _without_null(described: dict) -> dict:
    if isinstance(described.get("type"), list):
        types = [name for name in described["type"] if name != "null"]
        described = described | {"type": types[0] if len(types) == 1 else types}
    if "enum" in described:
        described = described | {"enum": [value for value in described["enum"] if value is not None]}
    if NULL in described.get("anyOf", ()):
        options = [option for option in described["anyOf"] if option != NULL]
        rest = {key: value for key, value in described.items() if key != "anyOf"}
        described = rest | (options[0] if len(options) == 1 else {"anyOf": options})
    return described
