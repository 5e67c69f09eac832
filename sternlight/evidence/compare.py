"""What differs between an event as it was told and as it comes out again, field by field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from sternlight.jsontext import dumps

NOTHING = "(nothing)"
LONGEST = 120  # characters of a value that are shown
MOST = 50  # differences that are told of one event


class Difference(NamedTuple):
    """One field; `field` is a path such as measured.duration_h or for[2].says."""

    field: str
    told: str
    found: str


def differences(told: Mapping[str, Any], found: Mapping[str, Any]) -> list[Difference]:
    """Return where two rows of events.jsonl differ; none if they are the same."""
    if dumps(told) == dumps(found):
        return []
    some = [one for one, _ in zip(_between("", told, found), range(MOST), strict=False)]
    return some or [Difference("the order of the fields", ", ".join(told), ", ".join(found))]


def _between(where: str, told: Any, found: Any) -> Iterator[Difference]:
    if isinstance(told, Mapping) and isinstance(found, Mapping):
        for name in dict.fromkeys([*told, *found]):
            path = f"{where}.{name}" if where else name
            yield from _between(path, told.get(name, _ABSENT), found.get(name, _ABSENT))
    elif isinstance(told, list) and isinstance(found, list):
        for i in range(max(len(told), len(found))):
            pair = (rows[i] if i < len(rows) else _ABSENT for rows in (told, found))
            yield from _between(f"{where}[{i}]", *pair)
    elif told is _ABSENT or found is _ABSENT or dumps(told) != dumps(found):
        yield Difference(where, _shown(told), _shown(found))


_ABSENT = object()


def _shown(value: Any) -> str:
    if value is _ABSENT:
        return NOTHING
    text = dumps(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
