"""Lists of ships somebody watches: which entry a ship may be, and how certain that is.

An entry is found by IMO number, call sign, MMSI or name, and then everything both sides
say is compared.  A valid IMO number that differs ends the match, whatever else agrees;
other differences lower it.  All of it is typed in by somebody: on board, and in the list.
So a certainty says how likely the two are one ship, in the judgement of those who wrote the
table, and nothing of what the list says about the ship.

Neglected: names in other alphabets than the Latin one; flags, which lists write in many
ways; numbers that a ship has had before, unless the list names them.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, field
from functools import lru_cache
from hashlib import blake2b
from typing import Literal, NamedTuple, Self

import numpy as np

from tracks.batch import I64, Mask, StaticBatch
from tracks.identity import Claims, imo_valid
from tracks.keyed import rows_of
from tracks.names import bare, same_name

# What a list says a ship is: watched, allowed to fish, or watched once and no more.
Standing = Literal["listed", "authorised", "delisted"]

IMO, CALL_SIGN, MMSI, NAME, FORMER = "IMO number", "call sign", "MMSI", "name", "former name"

NAME_LETTERS = 20  # ITU-R M.1371-5: a longer name is cut
SHORT_NAME = 4  # letters: so many ships are called so that it tells little
LEAST = 0.05  # less certain is no match


class Rule(NamedTuple):
    """A number between 0 and 1, and why it is what it is."""

    value: float
    why: str


CERTAINTY: dict[tuple[str, ...], Rule] = {  # by what agrees, the best first; ours
    (IMO,): Rule(0.9, "it is a hull's for life (IMO A.1117(30)), but typed in like all else"),
    (IMO, CALL_SIGN): Rule(0.98, "two numbers of different origin agree"),
    (IMO, MMSI): Rule(0.98, "two numbers of different origin agree"),
    (IMO, NAME): Rule(0.97, "the number is a hull's for life, and the name agrees"),
    (IMO, FORMER): Rule(0.95, "the number is a hull's for life, and it bore the name"),
    (CALL_SIGN, MMSI, NAME): Rule(0.92, "all agree that go with one flag and owner"),
    (CALL_SIGN, MMSI, FORMER): Rule(0.88, "both numbers of one flag agree, and it bore the name"),
    (CALL_SIGN, NAME): Rule(0.85, "a call sign is one ship's while it keeps the flag"),
    (CALL_SIGN, MMSI): Rule(0.8, "both are of one flag; both are given to others later"),
    (MMSI, NAME): Rule(0.75, "an MMSI is one ship's while it keeps the flag, if nobody shares it"),
    (CALL_SIGN, FORMER): Rule(0.7, "the call sign agrees, and it bore the name"),
    (MMSI, FORMER): Rule(0.65, "the MMSI agrees, and it bore the name"),
    (CALL_SIGN,): Rule(0.55, "call signs are given to other ships when a flag is left"),
    (MMSI,): Rule(0.5, "numbers are shared, copied, and given to other ships"),
    (NAME,): Rule(0.2, "many ships bear one name"),
    (FORMER,): Rule(0.1, "many ships bear one name, and this one was given up"),
}

LOWERED: dict[str, Rule] = {  # by what differs: the certainty is multiplied by it; ours
    NAME: Rule(0.8, "ships are renamed, and numbers pass to other ships"),
    CALL_SIGN: Rule(0.6, "another call sign is another flag, or another ship"),
    MMSI: Rule(0.8, "another MMSI is another flag, or another ship"),
    "several so called": Rule(0.5, "the name alone does not say which of them it is"),
    "short name": Rule(0.5, "short words name many ships"),
}
RENAMED = Rule(0.97, "with one IMO number, other marks change with owner and flag")


@dataclass(frozen=True, slots=True)
class Entry:
    """A ship as a list has it; empty where the list does not say.

    `imos` are valid ones only.  The lists' words come from strangers, and are text.
    """

    list_name: str
    id: str = ""  # in the list
    name: str = ""
    former: tuple[str, ...] = ()  # and other spellings
    imos: tuple[int, ...] = ()
    call_signs: tuple[str, ...] = ()
    mmsis: tuple[int, ...] = ()
    flag: str = ""
    note: str = ""  # what the list says of it
    dated: str = ""  # as of when the list or the row says so
    source: str = ""  # whom to credit
    standing: Standing = "listed"


class Match(NamedTuple):
    """An entry a ship may be."""

    entry: Entry
    certainty: float  # 0 to 1
    agrees: tuple[str, ...]  # of IMO, CALL_SIGN, MMSI, NAME, FORMER
    differs: tuple[str, ...]  # keys of LOWERED

    @property
    def says(self) -> str:
        """By what it was matched, in words: "IMO number and name; another call sign"."""
        *most, last = self.agrees
        words = f"{', '.join(most)} and {last}" if most else f"{last} alone"
        odd = [d if d in ("several so called", "short name") else f"another {d}"
               for d in self.differs]  # fmt: skip
        return "; ".join([words, *odd])


@lru_cache(1 << 15)
def name_key(name: str) -> str:
    """Return what two spellings of a name share: Latin letters and digits, without "No."."""
    latin = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode("ascii")
    return bare(re.sub(r"\bN[O0]\W*(?=\d)", "", latin.upper()))


def names_agree(one: str, other: str) -> bool:
    """Say whether two names are one, written differently; sister ships' numbers tell them apart."""
    a, b = name_key(one), name_key(other)
    return bool(a and b) and _numbers(a) == _numbers(b) and same_name(a, b)


def _numbers(key: str) -> list[int]:
    return [int(digits) for digits in re.findall(r"\d+", key)]


@lru_cache(1 << 15)
def call_sign_key(call_sign: str) -> str:
    """Return a call sign without spaces and signs."""
    return re.sub(r"[^A-Z0-9]", "", call_sign.upper())


Index = dict[str, list[int]]


@dataclass(frozen=True, slots=True)
class Watchlist:
    """Entries, found by what ships say of themselves."""

    entries: Sequence[Entry] = ()
    _imos: dict[int, list[int]] = field(default_factory=dict, compare=False)
    _mmsis: dict[int, list[int]] = field(default_factory=dict, compare=False)
    _call_signs: Index = field(default_factory=dict, compare=False)
    _names: Index = field(default_factory=dict, compare=False)
    _former: Index = field(default_factory=dict, compare=False)
    mmsis: I64 = field(default_factory=lambda: np.empty(0, np.int64), compare=False)  # sorted
    _imo_column: I64 = field(default_factory=lambda: np.empty(0, np.int64), compare=False)
    digest: int = 0  # tells lists apart, in 63 bits; 0 is the empty list's

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> Self:
        """Return the list of these entries."""
        every = tuple(entries)
        imos, mmsis = defaultdict[int, list[int]](list), defaultdict[int, list[int]](list)
        texts = [defaultdict[str, list[int]](list) for _ in range(3)]
        for row, entry in enumerate(every):
            for index, keys in (
                (texts[0], {call_sign_key(c) for c in entry.call_signs}),
                (texts[1], _as_sent([entry.name])),
                (texts[2], _as_sent(entry.former)),
            ):
                for key in keys - {""}:
                    index[key].append(row)
            for imo in entry.imos:
                imos[imo].append(row)
            for mmsi in entry.mmsis:
                mmsis[mmsi].append(row)
        call_signs, names, former = map(dict, texts)
        of_mmsi, of_imo = (np.array(sorted(known), np.int64) for known in (mmsis, imos))
        return cls(
            every,
            dict(imos),
            dict(mmsis),
            call_signs,
            names,
            former,
            of_mmsi,
            of_imo,
            _digest(every),
        )

    def __len__(self) -> int:
        return len(self.entries)

    def events_of(self) -> Self:
        """Return the entries that make events: those that are listed, and not only authorised."""
        if all(entry.standing == "listed" for entry in self.entries):
            return self
        return self.of(e for e in self.entries if e.standing == "listed")

    def match(self, mmsi: int, claims: Claims, bearers_count: int = 1) -> list[Match]:
        """Return the entries a ship may be, the most certain first.

        `bearers_count` is how many ships are known to bear its name.
        """
        name, call_sign = name_key(claims.name), call_sign_key(claims.call_sign)
        of_name = self._names.get(name, [])
        rows = {
            *self._imos.get(claims.imo, []),
            *self._call_signs.get(call_sign, []),
            *self._mmsis.get(mmsi, []),
            *of_name,
            *self._former.get(name, []),
        }
        several = bearers_count > 1 or len(_ships(self.entries[row] for row in of_name)) > 1
        found = [_compared(self.entries[row], mmsi, claims, several) for row in sorted(rows)]
        return sorted((m for m in found if m), key=lambda m: -m.certainty)

    def concerned(self, statics: StaticBatch) -> Mask:
        """Return which claims name anything that is in the list."""
        found = rows_of(self.mmsis, statics.mmsi.astype(np.int64))[1]
        found |= rows_of(self._imo_column, statics.imo.astype(np.int64))[1]
        for column, key, indexes in (
            (statics.call_sign, call_sign_key, (self._call_signs,)),
            (statics.name, name_key, (self._names, self._former)),
        ):
            texts, of = np.unique(column, return_inverse=True)  # few of them differ
            keys = [key(text.decode("ascii", "replace")) for text in texts.tolist()]
            known = np.array([any(k in index for index in indexes) for k in keys], np.bool_)
            found |= known[of]
        return np.asarray(found)


def _digest(entries: Sequence[Entry]) -> int:
    words = blake2b(digest_size=8)
    for entry in entries:
        words.update(repr(astuple(entry)).encode("utf-8", "replace"))
    return int.from_bytes(words.digest()) >> 1 if entries else 0


def _as_sent(names: Iterable[str]) -> set[str]:
    """Return the keys of names, and of what is left of long ones in a message."""
    return {name_key(part) for name in names for part in (name, name[:NAME_LETTERS])}


def _ships(entries: Iterable[Entry]) -> set[object]:
    """Return what tells entries apart: one ship may stand in several lists."""
    return {entry.imos or entry.call_signs or entry.mmsis or entry.name for entry in entries}


def _compared(entry: Entry, mmsi: int, claims: Claims, several: bool) -> Match | None:
    """Return how an entry and a ship agree; None if they are not one."""
    agrees: list[str] = []
    differs: list[str] = []
    if imo_valid(claims.imo) and entry.imos:
        if claims.imo not in entry.imos:
            return None
        agrees.append(IMO)
    call_sign = call_sign_key(claims.call_sign)
    if call_sign and entry.call_signs:
        same = call_sign in map(call_sign_key, entry.call_signs)
        (agrees if same else differs).append(CALL_SIGN)
    if entry.mmsis:
        (agrees if mmsi in entry.mmsis else differs).append(MMSI)
    alone = not agrees
    if name_key(claims.name) and (entry.name or entry.former):
        how = _of_name(entry, claims.name, exactly=alone)
        agrees += [how] if how else []
        differs += [] if how else [NAME]
    if not agrees:
        return None
    certainty = _known(tuple(agrees)).value
    if IMO in agrees:
        certainty *= RENAMED.value if differs else 1.0
        return Match(entry, round(certainty, 2), tuple(agrees), tuple(differs))
    if alone:
        differs += ["several so called"] if several else []
        differs += ["short name"] if len(name_key(claims.name)) <= SHORT_NAME else []
    for what in differs:
        certainty *= LOWERED[what].value
    if certainty < LEAST:
        return None
    return Match(entry, round(certainty, 2), tuple(agrees), tuple(differs))


def _of_name(entry: Entry, name: str, exactly: bool) -> str:
    """Return NAME or FORMER where a name is the entry's, else ""; alone it must agree exactly."""
    for what, names in ((NAME, [entry.name]), (FORMER, entry.former)):
        if name_key(name) in _as_sent(names) - {""}:
            return what
        if not exactly and any(names_agree(name, other) for other in names):
            return what
    return ""


def _known(agrees: tuple[str, ...]) -> Rule:
    """Return the rule for what agrees: the best of those that ask for no more."""
    rules = [rule for marks, rule in CERTAINTY.items() if set(marks) <= set(agrees)]
    return max(rules, key=lambda rule: rule.value)
