"""Readable names for what a configuration describes and does not name: scenarios, probes."""

from soundcheck.probing.kinds import DEFAULT, KINDS, Kind

UNITS = {"snr_db": "dB", "gain_db": "dB", "bitrate": "kbps", "semitones": "st", "lufs": "LUFS", "cutoff_freq": "Hz"}


def as_number(value: object) -> object:
    """YAML reads `1e-3`, a number without a point, as text. Whole numbers stay whole: some parameters must be."""
    for kind in (int, float):
        try:
            return kind(value) if isinstance(value, str) else value
        except ValueError:
            continue
    return value


def scenario_name(transforms: list) -> str:
    """A readable name, such as `AddGaussianSNR-15dB` or `Gain-minus12dB_Mp3Compression-32kbps`."""
    return "_".join(_transform_name(item) for item in transforms if isinstance(item, dict) and "type" in item)


def _transform_name(transform: dict) -> str:
    parameters = {
        str(key): value for key, value in _mapping(transform.get("params")).items() if (key, value) != ("p", 1)
    }
    parts = [str(transform["type"])]
    for key, value in parameters.items():
        quantity = key.removeprefix("min_")
        if key.startswith("min_") and f"max_{quantity}" in parameters:
            highest = parameters[f"max_{quantity}"]
            unit = UNITS.get(quantity, "")
            span = _readable(value) if value == highest else f"{_readable(value)}to{_readable(highest)}"
            parts.append(f"{span}{unit}" if unit else f"{quantity}-{span}")
        elif not (key.startswith("max_") and f"min_{key.removeprefix('max_')}" in parameters):
            parts.append(f"{key}-{_readable(value)}")
    return "-".join(parts)


def _mapping(value: object) -> dict:
    return value if isinstance(value, dict) else {}


def _readable(value: object) -> str:
    text = f"{value:g}".replace("e+", "e") if isinstance(value, float) else str(value)
    text = "minus" + text[1:] if text.startswith("-") else text
    return "".join(character if character.isalnum() or character in "._" else "-" for character in text).strip("-")


def probe_name(probe: dict, properties: dict) -> str:
    """A readable name, such as `MLP-linear` or `MLP-256-128-batch_size-1083`: its kind, and what is no default."""
    name = probe.get("type", DEFAULT)
    kind = KINDS.get(name if isinstance(name, str) else "", Kind(""))
    begin = probe.get(kind.begins_with) or kind.plain or []
    parts = [kind.title or str(name), *map(_readable, begin if isinstance(begin, list) else [begin])]
    for key in sorted(probe.keys() & properties.keys() - {"type", kind.begins_with, "output_activation"}):
        default = properties[key].get("default")
        if as_number(probe[key]) != as_number(default):
            parts += [key, _readable(as_number(probe[key]))]
    return "-".join(parts)
