"""Scenarios that the schema accepts, and audiomentations would refuse, or not run as it was meant."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from soundcheck.configuration.catalogue import Catalog
from soundcheck.configuration.schema import Problem, is_number, shown
from soundcheck.ids import CLEAN
from soundcheck.plumbing.errors import nearest


def wrong_scenarios(owner: dict, path: tuple, catalog: Catalog) -> Iterator[Problem]:
    """Each mistake in the scenarios of an experiment or a dataset."""
    for position, scenario in enumerate(owner.get("deformations", ())):
        if scenario["name"] == CLEAN and scenario["transforms"]:
            yield (*path, "deformations", position), "`clean` is the audio as it is: give this scenario another name"
        if scenario["name"] != CLEAN and not scenario["transforms"]:
            yield (*path, "deformations", position), "no transforms: this would be clean audio, which is always there"
        is_known = all(transform["type"] in catalog.transforms for transform in scenario["transforms"])
        published = catalog.deformations.get(scenario["name"])
        if published and is_known and _always(scenario["transforms"]) != _always(published):
            reason = f"{scenario['name']} is a scenario of config/deformations.yaml, and this is another"
            yield (*path, "deformations", position), f"{reason}: give it another name"
        for step, transform in enumerate(scenario["transforms"]):
            place = (*path, "deformations", position, "transforms", step)
            known = catalog.transforms.get(transform["type"])
            if known is None:
                yield (
                    place,
                    f"audiomentations has no {transform['type']!r}{nearest(transform['type'], catalog.transforms)}",
                )
                continue
            for parameter in sorted(transform["params"].keys() - set(known), key=str):
                yield place, f"{transform['type']} has no parameter {parameter!r}{nearest(parameter, known)}"
            yield from _wrong_values(transform, place)
            for parameter in known:
                # All that audiomentations cannot do without.
                if parameter.endswith("_path") and parameter not in transform["params"]:
                    yield place, f"{transform['type']} needs {parameter}: a file or folder of audio"


def _always(transforms: list[dict]) -> list[dict]:
    """Without `p: 1`, which is the default here."""
    return [
        {**each, "params": {key: value for key, value in each["params"].items() if (key, value) != ("p", 1)}}
        for each in transforms
    ]


def _wrong_values(transform: dict, place: tuple) -> Iterator[Problem]:
    """What audiomentations itself would refuse, but only in the first job that needs it, after every download."""
    parameters: dict[str, Any] = {name: value for name, value in transform["params"].items() if isinstance(name, str)}
    for name, value in parameters.items():
        other = parameters.get(f"max_{name.removeprefix('min_')}") if name.startswith("min_") else None
        path = (*place, "params", name)
        if name.startswith(("min_", "max_")) and not is_number(value):
            yield path, f"{shown(value)} stands where a number belongs"
        elif not isinstance(value, str | int | float | list | dict):
            yield path, f"{shown(value)} stands where text or a number belongs: put it into quotes"
        elif name == "p" and not (is_number(value) and 0 < value <= 1):
            yield path, f"{shown(value)} is no probability above 0 and up to 1; 1, the default, is every track"
        elif is_number(value) and is_number(other) and value > other:
            yield path, f"{name} ({value:g}) is above max_{name.removeprefix('min_')} ({other:g})"
        if name.endswith("_path") and isinstance(value, str) and not Path(value).exists():
            yield path, f"{transform['type']}: there is no {name} {value!r} (paths start at the working directory)"
