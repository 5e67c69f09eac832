"""Ports by their names as people type them: small letters, without accents, only the beginning."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from difflib import get_close_matches

_NEAR_COUNT = 5
# Letters that are one with their stroke, so that no accent can be taken off.
_STROKES = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h"}
)
_COUNTRY = re.compile(r" \([A-Z]{2}\)$")


def folded(name: str) -> str:
    """Return a name without what people leave out: "Las Palmas (ES)" as "las palmas es"."""
    parts = unicodedata.normalize("NFKD", name.casefold().translate(_STROKES))
    letters = "".join(c for c in parts if not unicodedata.combining(c)).replace("'", "")
    return " ".join(re.findall(r"\w+", letters.replace("\N{RIGHT SINGLE QUOTATION MARK}", "")))


def matching(typed: str, places: Iterable[str]) -> list[str]:
    """Return the places that a name may mean, sorted; several if they share it.

    A name in full comes first ("Dakar", "dakar sn"), then whole words at the beginning of one.
    """
    wanted, names = folded(typed), {place: _names(place) for place in places}
    if not wanted:
        return []
    same = sorted(place for place, known in names.items() if wanted in known)
    return same or sorted(p for p, known in names.items() if known[0].startswith(f"{wanted} "))


def near_misses(typed: str, places: Iterable[str]) -> list[str]:
    """Return the places with names most like what was typed, the most alike first."""
    wanted = folded(typed)
    by_name = {_names(place)[1]: place for place in sorted(places, reverse=True)}
    alike = get_close_matches(wanted, by_name, _NEAR_COUNT, 0.6)
    within = sorted(name for name in by_name if wanted and wanted in name)
    return [by_name[name] for name in dict.fromkeys([*alike, *within])][:_NEAR_COUNT]


def _names(place: str) -> tuple[str, str]:
    """Return a place's name with its country and without it."""
    return folded(place), folded(_COUNTRY.sub("", place))
