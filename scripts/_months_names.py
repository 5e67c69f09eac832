"""Under which numbers and names the ships of the simulated months go, and how that changes.

Everything said is invented (see receiver/sources/sea_ships.py).  Changes are drawn for
some ships: a new name; a new flag with a new number, call sign and name, which the IMO
number survives; a new number for a ship without IMO number; two ships under one number, at
the same time or in turns; an IMO number typed in wrongly, so that it is another ship's; and
sister ships that look alike and have nothing to do with it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from numpy.random import Generator

from receiver.sources.sea_chart import DAY
from receiver.sources.sea_ships import FIRST, MIDS, SECOND, Register

KINDS = (
    "plain", "renamed", "re-flagged", "renumbered", "shares a number", "takes turns",
    "wrong IMO number", "sister",
)  # fmt: skip
ENDS = ("at one end", "at the other end")  # of the coast; who shares a number at the same time
FLEET = ("SIM ALBACORE", "SIM BONITO", "SIM PACIFICO", "SIM STELLA")


@dataclass(frozen=True)
class Claim:
    """What a ship says it is, for a while; empty text and 0: it does not say."""

    start: float
    end: float
    mmsi: int
    name: str
    call_sign: str
    imo: int


@dataclass
class Identity:
    """One true ship and all that it said it was, in order of time."""

    ship: int
    kind: str  # one of KINDS
    claims: list[Claim]
    others: tuple[int, ...] = ()  # ships with which it shares a number, or a look
    on: list[tuple[float, float]] = field(default_factory=list)  # if it takes turns

    @property
    def mmsis(self) -> tuple[int, ...]:
        """Its numbers, in order of time."""
        return tuple(dict.fromkeys(claim.mmsi for claim in self.claims))


def identities(
    ships: Register, trades: list[str], start: float, end: float, rng: Generator
) -> list[Identity]:
    """Draw the claims of all ships; `trades` are their roles."""
    made = [
        Identity(k, "plain", [Claim(start - 9 * DAY, end + 9 * DAY, int(ships.mmsi[k]),
                 ships.name[k].decode(), ships.call_sign[k].decode(), int(ships.imo[k]))])
        for k in range(len(ships))
    ]  # fmt: skip
    big = [k for k, role in enumerate(trades) if role in ("fisher", "carrier", "coaster")]
    small = [k for k, role in enumerate(trades) if role == "day boat"]
    big, small = list(rng.permutation(big)), list(rng.permutation(small))
    ends = [[k for k, role in enumerate(trades) if role == of] for of in ENDS]
    count = max(1, len(ships) // 25)
    new = _Fresh(ships, rng)
    when = (start + 0.25 * (end - start), start + 0.75 * (end - start))
    for _ in range(count):
        if len(big) >= 2:
            _rename(made[big.pop()], rng.uniform(*when), new)
            _reflag(made[big.pop()], rng.uniform(*when), new)
        if len(big) >= 4:
            _share(made, big.pop(), big.pop(), start, end, rng, turns=True)
            _mistype(made, big.pop(), big.pop())
        if len(big) >= 4:
            _look_alike(made, big.pop(), big.pop(), new)
        if small:
            _renumber(made[small.pop()], rng.uniform(*when), new)
        if ends[0] and ends[1]:
            _share(made, ends[0].pop(), ends[1].pop(), start, end, rng, turns=False)
    return made


class _Fresh:
    """Numbers, names and call signs that nobody has."""

    def __init__(self, ships: Register, rng: Generator) -> None:
        self.rng, self.count = rng, len(ships)
        self.taken = {name.decode() for name in ships.name}

    def mmsi(self, mid: int | None = None) -> int:
        """Return a number of that flag, or of any."""
        self.count += 1
        mid = mid or int(self.rng.choice(MIDS))
        return mid * 1_000_000 + 900_001 + self.count

    def call_sign(self) -> str:
        """Return a call sign."""
        self.count += 1
        return f"Q{self.count + 1:05d}"

    def name(self) -> str:
        """Return a name."""
        while True:
            name = f"SIM {self.rng.choice(FIRST)} {self.rng.choice(SECOND)}"
            if name not in self.taken:
                self.taken.add(name)
                return name


def _changed(identity: Identity, t: float, kind: str, **claims: object) -> None:
    before = identity.claims.pop()
    identity.claims += [replace(before, end=t), replace(before, start=t, **claims)]  # type: ignore[arg-type]
    identity.kind = kind


def _rename(one: Identity, t: float, new: _Fresh) -> None:
    _changed(one, t, "renamed", name=new.name())


def _reflag(one: Identity, t: float, new: _Fresh) -> None:
    flag = one.mmsis[0] // 1_000_000
    mid = int(new.rng.choice([m for m in MIDS if m != flag]))
    name = new.name() if new.rng.uniform() < 0.6 else one.claims[-1].name
    _changed(one, t, "re-flagged", mmsi=new.mmsi(mid), call_sign=new.call_sign(), name=name)


def _renumber(one: Identity, t: float, new: _Fresh) -> None:
    _changed(one, t, "renumbered", mmsi=new.mmsi(one.mmsis[0] // 1_000_000))


def _share(
    made: list[Identity], a: int, b: int, start: float, end: float, rng: Generator, turns: bool
) -> None:
    """Let two ships speak under the number of the first."""
    made[b].claims = [replace(made[b].claims[0], mmsi=made[a].claims[0].mmsi)]
    for one, other in ((a, b), (b, a)):
        made[one].kind = "takes turns" if turns else "shares a number"
        made[one].others = (other,)
    if turns:
        t, whose = start, a
        while t < end:
            lasts_s = rng.uniform(6, 16) * DAY
            made[whose].on.append((t, t + lasts_s))
            t, whose = t + lasts_s, a + b - whose


def _mistype(made: list[Identity], a: int, b: int) -> None:
    """Let the second claim the first one's IMO number."""
    if not made[a].claims[0].imo:
        return
    made[b].claims = [replace(made[b].claims[0], imo=made[a].claims[0].imo)]
    for one, other in ((a, b), (b, a)):
        made[one].kind, made[one].others = "wrong IMO number", (other,)


def _look_alike(made: list[Identity], a: int, b: int, new: _Fresh) -> None:
    """Give two ships of one owner names that differ in a digit; one in two says no IMO number."""
    fleet, first = str(new.rng.choice(FLEET)), int(new.rng.integers(1, 9))
    silent = new.rng.uniform() < 0.5
    for k, (one, other) in enumerate(((a, b), (b, a))):
        claim = made[one].claims[0]
        imo = 0 if silent else claim.imo
        made[one].claims = [replace(claim, name=f"{fleet} {first + k}", imo=imo)]
        made[one].kind, made[one].others = "sister", (other,)
