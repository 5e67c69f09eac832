"""What may be given for a setting, by the type of its field.

A library for this would be as large in memory as all that a station knows of a sea.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from typing import Any


class UnfitError(ValueError):
    """A value that a setting cannot have; the message says what it should be."""


def fit(hint: Any, value: Any) -> Any:
    """Return `value`, as TOML gave it, as a field of type `hint` holds it.  Raises UnfitError."""
    return _FITS[hint](value)


def _number(value: Any) -> float:
    if type(value) not in (int, float):
        raise UnfitError("it should be a number")
    if abs(value) > sys.float_info.max or math.isnan(value):
        raise UnfitError("it should be a finite number")
    return float(_not_below_0(value))


def _integer(value: Any) -> int:
    if type(value) is not int:
        raise UnfitError("it should be a whole number")
    return int(_not_below_0(value))


def _not_below_0(value: float) -> float:
    if value < 0:
        raise UnfitError("it should be 0 or more")
    return value


def _flag(value: Any) -> bool:
    if type(value) is not bool:
        raise UnfitError("it should be true or false")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise UnfitError('it should be a text, in "quotation marks"')
    return value


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, (list, tuple)):
        raise UnfitError('it should be a list of texts, as in ["one", "another"]')
    return tuple(map(_text, value))


_FITS: dict[Any, Callable[[Any], Any]] = {
    float: _number,
    int: _integer,
    bool: _flag,
    str: _text,
    tuple[str, ...]: _texts,
}
