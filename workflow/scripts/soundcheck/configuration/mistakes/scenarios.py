"""Scenarios that the schema accepts, but audiomentations would refuse, or would not run as intended."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from soundcheck.audio.sounds import SUFFIXES, sound_files
from soundcheck.configuration.axes import Task
from soundcheck.configuration.catalogue import Catalog, Transform
from soundcheck.configuration.schema import Problem, is_number, shown
from soundcheck.ids import CLEAN
from soundcheck.plumbing.errors import nearest

REQUIRED = "required"
_MOVED = {"time": "when something sounds", "pitch": "the pitch", "tempo": "the tempo"}


def wrong_scenarios(owner: dict, task: Task, path: tuple, catalog: Catalog) -> Iterator[Problem]:
    """Each mistake in the scenarios of an experiment with this task, or of one of its datasets."""
    for position, scenario in enumerate(owner.get("deformations", ())):
        place = (*path, "deformations", position)
        if scenario["name"] == CLEAN and scenario["transforms"]:
            yield place, "`clean` is the audio as it is: give this scenario another name"
        if scenario["name"] != CLEAN and not scenario["transforms"]:
            yield place, "no transforms: this would be clean audio, which is always evaluated"
        is_known = all(transform["type"] in catalog.transforms for transform in scenario["transforms"])
        published = catalog.deformations.get(scenario["name"])
        if published and is_known and _always(scenario["transforms"]) != _always(published):
            reason = f"{scenario['name']} is a scenario of config/catalogue/deformations.yaml, and this is another"
            yield place, f"{reason}: give it another name"
        for step, transform in enumerate(scenario["transforms"]):
            yield from _wrong_transform(transform, task, (*place, "transforms", step), catalog)


def _wrong_transform(transform: dict, task: Task, place: tuple, catalog: Catalog) -> Iterator[Problem]:
    name, given = transform["type"], transform["params"]
    known = catalog.transforms.get(name)
    if known is None:
        yield place, f"audiomentations has no {name!r}{nearest(name, catalog.transforms)}"
        return
    for parameter in sorted(given.keys() - known.parameters.keys(), key=str):
        yield place, f"{name} has no parameter {parameter!r}{nearest(parameter, known.parameters)}"
    for parameter, default in known.parameters.items():
        # All that audiomentations cannot do without.
        if default == REQUIRED and parameter not in given:
            yield place, f"{name} needs {parameter}: a file or folder of audio"
    own = {parameter: value for parameter, value in given.items() if parameter in known.parameters}
    for parameter, value in own.items():
        yield from (((*place, "params", parameter), what) for what in _wrong_value(name, parameter, value, own, known))
    for what in set(known.moved(own)) & set(task.labels_tell):
        yield (
            place,
            f"{name} changes {_MOVED[what]}, which the labels of {task.name} tell: they would not be true afterwards, "
            "and scores would mean nothing. Leave this scenario out of this experiment",
        )


def _always(transforms: list[dict]) -> list[dict]:
    """Without `p: 1`, which is the default here."""
    return [
        {**each, "params": {key: value for key, value in each["params"].items() if (key, value) != ("p", 1)}}
        for each in transforms
    ]


def _wrong_value(name: str, parameter: str, value: Any, given: dict, known: Transform) -> Iterator[str]:
    """What audiomentations itself would refuse, but only in the first job that needs it, after every download."""
    default = known.parameters[parameter]
    if parameter.endswith("_path"):
        yield from _wrong_sounds(name, parameter, value)
    elif parameter in known.choices:
        possible = known.choices[parameter]
        if value not in possible or isinstance(value, bool):
            words = list(map(str, filter(None, possible)))
            hint = f"; possible are {', '.join(words)}" if words else ": leave it out"
            yield f"{shown(value)} is not possible{nearest(value, words) if words and isinstance(value, str) else hint}"
    elif isinstance(default, bool):
        if not isinstance(value, bool):
            yield f"expected true or false, got {shown(value)}"
    elif parameter.startswith(("min_", "max_")) or is_number(default) or _is_bounded(parameter, known):
        yield from _wrong_number(parameter, value, given, known)
    elif not isinstance(value, str | int | float | list | dict):
        yield f"expected text or a number, got {shown(value)}: put text in quotes"


def _is_bounded(parameter: str, known: Transform) -> bool:
    return parameter in {*known.limits, *known.positive, *known.whole}


def _wrong_number(parameter: str, value: Any, given: dict, known: Transform) -> Iterator[str]:
    if parameter == "p" and not (is_number(value) and 0 < value <= 1):
        yield f"{shown(value)} is not a probability above 0 and up to 1; the default, 1, deforms every track"
        return
    if not is_number(value):
        yield f"expected a number, got {shown(value)}"
        return
    quantity = parameter.removeprefix("min_").removeprefix("max_")
    names = {parameter, quantity}
    low, high = next((known.limits[each] for each in (parameter, quantity) if each in known.limits), (None, None))
    if low is not None and value < low:
        yield f"{parameter} is {value:g}, and {low:g} is the least that is possible"
    elif high is not None and value > high:
        yield f"{parameter} is {value:g}, and {high:g} is the most that is possible"
    elif names & set(known.positive) and value <= 0:
        yield f"{parameter} is {value:g}, and must be above 0"
    elif names & set(known.whole) and value != int(value):
        yield f"{parameter} is {value:g}, and must be a whole number"
    elif quantity in known.multiples and value % known.multiples[quantity]:
        yield f"{parameter} is {value:g}, and must be a multiple of {known.multiples[quantity]}"
    elif quantity != parameter:
        yield from _wrong_span(parameter, quantity, given, known)


def _wrong_span(parameter: str, quantity: str, given: dict, known: Transform) -> Iterator[str]:
    """What is wrong with the lowest and the highest value of a quantity, said once for both of them."""
    names = f"min_{quantity}", f"max_{quantity}"
    if not set(names) <= known.parameters.keys() or (parameter == names[1] and names[0] in given):
        return
    values = known.parameters | given
    low, high = (values[name] for name in names)
    if not (is_number(low) and is_number(high)):
        return
    said = [f"{name} ({values[name]:g}{'' if name in given else ', its default'})" for name in names]
    possible = known.one_of.get(quantity)
    if low > high:
        yield f"{said[0]} is above {said[1]}"
    elif possible and not any(low <= each <= high for each in possible):
        yield f"no {quantity} lies between {said[0]} and {said[1]}; possible are {', '.join(map(str, possible))}"


def _wrong_sounds(name: str, parameter: str, value: Any) -> Iterator[str]:
    paths = value if isinstance(value, list) else [value]
    if not paths or not all(isinstance(path, str) for path in paths):
        yield f"{name}: {parameter} is a path, or a list of paths, not {shown(value)}"
        return
    for path in paths:
        if not Path(path).exists():
            yield f"{name}: there is no {parameter} {path!r} (paths start at the working directory)"
        elif not sound_files(path):
            yield f"{name}: there is no audio in {path!r}; files are taken that end with {', '.join(SUFFIXES)}"
        else:
            empty = [file for file in sound_files(path) if Path(file).is_file() and Path(file).stat().st_size == 0]
            if empty:
                yield f"{name}: {empty[0]} is empty (0 bytes)"
