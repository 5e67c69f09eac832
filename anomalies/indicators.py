"""The published signs: what each is, what it weighs and why, who says so, what else explains it.

This is the one table that a vessel's score is made of.  A sign reads one feature of a ship
(`anomalies.features`) and adds a share of its weight: nothing up to where it begins, half from
where it is shown, all where it is full, and straight lines between.  Nothing here was learned
from cases: there are none to learn from.  No source gives these weights, and few give limits;
both are ours unless the row says otherwise, and a changed one belongs into the changelog.

No sign proves forced labour, nor does any number of them.  Which of the indicators of the
International Labour Organization a sign may be a trace of is our reading of the ILO's booklet
"ILO indicators of forced labour" (2012); it was written for people who can talk to workers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

from anomalies.ship_kinds import ShipKind

Ilo = Literal[
    "abuse of vulnerability", "deception", "restriction of movement", "isolation",
    "physical and sexual violence", "intimidation and threats",
    "retention of identity documents", "withholding of wages", "debt bondage",
    "abusive working and living conditions", "excessive overtime",
]  # fmt: skip
ILO: tuple[Ilo, ...] = get_args(Ilo)

MCDONALD = "McDonald et al. 2021, doi 10.1073/pnas.2016238117"
REPORTED = f"{MCDONALD}: longliners and trawlers reported for forced labour"
MILLER = "Miller et al. 2018, doi 10.3389/fmars.2018.00240"
WELCH = "Welch et al. 2022, doi 10.1126/sciadv.abq2109"
PARK = "Park et al. 2023, doi 10.1126/sciadv.abp8200"
SELIG = "Selig et al. 2022, doi 10.1038/s41467-022-28916-2"
C188 = "ILO Work in Fishing Convention, 2007 (No. 188), Article 14"
MLC = "Maritime Labour Convention, 2006, Standard A2.5.2"

FISHING: frozenset[ShipKind] = frozenset({"fishing"})
SEAGOING: frozenset[ShipKind] = frozenset({"fishing", "cargo", "tanker", "other"})

# What the published models also look at, and no radio tells.
NEVER_SEEN = (
    "engine power, which counts in the model of McDonald et al. 2021: AIS does not tell it",
    "the people on board, what they were promised and what they are paid: no radio tells of them",
)


class Scale(NamedTuple):
    """At which values of its feature a sign begins to count, is shown, and counts in full."""

    begins: float
    shown: float
    full: float


@dataclass(frozen=True, slots=True)
class Indicator:
    """A published sign."""

    name: str  # machine-readable
    title: str
    definition: str  # in plain words; {begins}, {shown} and {full} stand for its scale
    feature: str  # of anomalies.features.Features
    scale: Scale
    cap: float  # the most it adds to a vessel's score
    why: str  # the weight is what it is
    source: str
    ilo: tuple[Ilo, ...]  # what it may be a trace of; () if of none directly
    innocent: str  # what explains it without anything wrong
    needs: str  # what it takes to be seen
    says: str  # of a ship, with the {value} of its feature
    kind: str = ""  # of the events it counts; "" if it reads the record
    asked_of: frozenset[ShipKind] = frozenset()  # kinds of ships; empty: all
    memory_days: float = 0.0  # a ship must have been heard over so long
    optional: bool = False  # only where the user has asked for it

    @property
    def defined(self) -> str:
        """The definition with its numbers."""
        return self.definition.format(**{n: f"{v:g}" for n, v in self.scale._asdict().items()})


@dataclass(frozen=True, slots=True)
class Signs:
    """What the user adds to the signs."""

    flags: tuple[str, ...] = ()  # ISO 3166-1 alpha-2; a flag among them is a sign

    def __post_init__(self) -> None:
        for code in self.flags:
            if not re.fullmatch("[A-Z]{2}", code):
                raise ValueError(
                    f'flags: {code!r} is no country code; two capital letters are, such as "NO"'
                )


_EVENT = Scale(0.0, 0.5, 1.0)
_SUMMED = (
    "the score of its highest-scored event counts in full, that of the next half, then a quarter"
    " and so on; the sign is shown from a sum of {shown} and is full at {full}"
)

INDICATORS: tuple[Indicator, ...] = (
    Indicator(
        name="long_at_sea",
        title="long at sea, heard all the while",
        definition="heard at sea again and again, with no silence longer than 10 days and never"
        " in or near a port or anchorage, for {shown} days or more (it begins to count at {begins}"
        " days and is full at {full})",
        feature="at_sea_days",
        scale=Scale(60, 90, 270),
        cap=0.3,
        why="time at sea without a port is what the published work agrees on most; some of it is"
        " also in the next sign, which takes a port that was heard before",
        source=f"{REPORTED} had longer voyages; {SELIG}: counts time at sea"
        " among the known risk factors",
        ilo=("isolation", "restriction of movement", "abusive working and living conditions"),
        innocent="research, guard and supply ships stay out for months with crews that change;"
        " so do fleets whose crews are relieved at sea, with leave and pay in order",
        needs="it takes a station that hears the waters where the ship works, for three months",
        says="It was heard at sea for {value:.0f} days on end, never silent for more than ten, and"
        " never in a port.",
        memory_days=60,
    ),
    Indicator(
        name="long_voyage",
        title="long away from the ports that are heard",
        definition="left a port or anchorage and was not heard in any for months"
        " (docs/detectors/long_voyage.md): " + _SUMMED,
        feature="long_voyages_score",
        scale=_EVENT,
        cap=0.4,
        why="time at sea without a port, too; what was not heard may have been a call at a port"
        " out of hearing, which the score of each event accounts for",
        source=f"{REPORTED} had fewer and longer voyages",
        ilo=("isolation", "restriction of movement", "abusive working and living conditions"),
        innocent="it called at ports that this station does not hear; it lay in dock or was laid"
        " up with its transponder off; it is a season's fishery far away",
        needs="it takes a port visit that was heard, and three months of memory",
        says="{event}",
        kind="long_voyage",
        memory_days=90,
    ),
    Indicator(
        name="usual_voyage",
        title="its voyages are long",
        definition="half of its voyages or more, of three at least that were heard from port to"
        " port, lasted {shown} days or more (begins at {begins}, full at {full})",
        feature="usual_voyage_days",
        scale=Scale(30, 60, 180),
        cap=0.1,
        why="says much the same as the two before, so that it adds little to them",
        source=f"{MCDONALD}: number and length of voyages are features of the model",
        ilo=("isolation", "restriction of movement"),
        innocent="distant fishing grounds take weeks to reach; it also calls at ports that this"
        " station does not hear",
        needs="it takes three voyages between ports that were heard",
        says="Half of its voyages lasted {value:.0f} days or more.",
        asked_of=FISHING,
        memory_days=90,
    ),
    Indicator(
        name="far_out",
        title="far from shore",
        definition="heard {shown} nmi from shore or farther (begins at {begins}, full at {full})",
        feature="max_shore_nmi",
        scale=Scale(100, 200, 600),
        cap=0.2,
        why="the greatest distance from port is among the important features of the model; but"
        " whole lawful fleets work there",
        source=f"{REPORTED} travelled farther from port and shore. We measure from shore,"
        " which is never more than from port",
        ilo=("isolation",),
        innocent="tuna, squid and many other fisheries are far out at sea; it was on passage",
        needs="it takes somebody who hears that far out: a satellite, or a receiver on a ship",
        says="It was heard {value:.0f} nmi from shore.",
        asked_of=FISHING,
    ),
    Indicator(
        name="high_seas",
        title="on the high seas",
        definition="of the time it was heard at sea, a share of {shown} or more was more than 200"
        " nmi from shore (begins at {begins}, full at {full})",
        feature="high_seas_share",
        scale=Scale(0.1, 0.5, 1.0),
        cap=0.1,
        why="follows from being far out, so that it adds little to it",
        source=f"{MCDONALD}: fishing on the high seas is a feature of the model",
        ilo=("isolation",),
        innocent="the high seas are open to all; most vessels there are authorised",
        needs="it takes a day of hearing at sea by somebody who hears beyond 200 nmi",
        says="Of the time it was heard at sea it was beyond 200 nmi for {value:.0%}.",
        asked_of=FISHING,
    ),
    Indicator(
        name="transshipment",
        title="met another ship at sea",
        definition="encounters (docs/detectors/encounter.md): " + _SUMMED,
        feature="encounters_score",
        scale=_EVENT,
        cap=0.6,
        why="two ships were seen doing something together; catch, supplies and people that are"
        " handed over spare a ship the port, where somebody might look or leave",
        source=f"{MILLER}: names slavery, trafficking and bonded labour among what comes with"
        " transshipment at sea. It is not among the important features of McDonald et al. 2021",
        ilo=("isolation", "restriction of movement"),
        innocent="handing over catch is licensed in many waters; ships also give fuel, stores,"
        " mail and help, and work in pairs",
        needs="it takes two hours within the hearing of the station",
        says="{event}",
        kind="encounter",
        memory_days=2 / 24,
    ),
    Indicator(
        name="loitering",
        title="stayed about one place at sea",
        definition="loitering (docs/detectors/loitering.md): " + _SUMMED,
        feature="loiterings_score",
        scale=_EVENT,
        cap=0.4,
        why='"may indicate" a meeting with a ship that nobody heard (Global Fishing Watch)',
        source=f"{MILLER}; {MCDONALD}: the count of loiterings is a feature of the model",
        ilo=("isolation",),
        innocent="ships drift for orders, weather, repairs and rest; longliners while lines soak",
        needs="it takes four hours within the hearing of the station",
        says="{event}",
        kind="loitering",
        memory_days=4 / 24,
    ),
    Indicator(
        name="dark_gap",
        title="fell silent",
        definition="gaps (docs/detectors/gap.md): " + _SUMMED,
        feature="gaps_score",
        scale=_EVENT,
        cap=0.5,
        why="seen only as an absence",
        source=f"{WELCH}: on disabling, 50 nmi offshore and more; it finds lawful reasons, too."
        f" {MCDONALD}: gaps over 24 h are a feature of the model",
        ilo=("isolation",),
        innocent="lost reception, a faulty or shadowed set, power saved at anchor; hiding a"
        " fishing ground from others, or the ship from pirates",
        needs="it takes some hours within the hearing of the station",
        says="{event}",
        kind="gap",
        memory_days=2 / 24,
    ),
    Indicator(
        name="identity",
        title="odd identity",
        definition="changes of name, number or IMO number, and numbers shared by two hulls"
        " (docs/detectors/identity.md): " + _SUMMED,
        feature="identities_score",
        scale=_EVENT,
        cap=0.5,
        why="a hull is hidden behind another number; slips look the same",
        source=f"{PARK}: on identities that are obscured. It is about illegal fishing, not labour",
        ilo=(),
        innocent="sales, new sets and corrected typing errors change what a ship calls itself;"
        " numbers are shared by accident",
        needs="it takes hearing twice who it says it is",
        says="{event}",
        kind="identity",
        memory_days=0.5 / 24,
    ),
    Indicator(
        name="reflagged",
        title="changed its flag",
        definition="one ship, by its IMO number, under numbers (MMSI) of {shown} countries or more"
        " within a year (full at {full})",
        feature="flags_count",
        scale=Scale(1, 2, 4),
        cap=0.2,
        why="each change of flag changes who is to protect the crew; most are sales",
        source=f"{PARK}: reflagging is often used to obscure oversight. It is about illegal"
        " fishing, not labour",
        ilo=(),
        innocent="ships are sold, chartered and re-registered every day",
        needs="it takes an IMO number that the ship has told",
        says="It spoke under numbers of {value:.0f} countries.",
    ),
    Indicator(
        name="renamed",
        title="changed its name",
        definition="said {shown} names or more within a year, each on two days or more, that are"
        " not spellings of one another (begins above {begins}, full at {full})",
        feature="names_count",
        scale=Scale(1, 3, 6),
        cap=0.1,
        why="one new name is a sale; how a name was changed is judged under odd identity",
        source=f"{PARK}: on identities that change. It is about illegal fishing, not labour",
        ilo=(),
        innocent="a sale brings a new name, and the crew may type it in more than once; two ships"
        " may share a number",
        needs="it takes a name heard on two days or more",
        says="It gave {value:.0f} names.",
    ),
    Indicator(
        name="foreign_ports",
        title="calls at ports of other countries",
        definition="heard in ports of countries other than those of its numbers {shown} times or"
        " more within a year (full at {full})",
        feature="foreign_visits_count",
        scale=Scale(0, 4, 12),
        cap=0.1,
        why="a feature of the model, of which the source does not say that more is worse; at a"
        " station near a border it says nothing",
        source=f"{MCDONALD}: visits to foreign ports are a feature of the model",
        ilo=("abuse of vulnerability", "isolation"),
        innocent="neighbours land in each other's ports every day; a distant fleet has no other",
        needs="it takes a port visit that was heard, in a port whose country is known",
        says="It called {value:.0f} times at ports of other countries than its own.",
        asked_of=FISHING,
    ),
    Indicator(
        name="fishing_hours",
        title="fishes most hours of the day",
        definition="by its own status it was fishing {shown} hours a day or more on the mean"
        " (begins at {begins}, full at {full}), of ten days at sea or more on which it was heard"
        " for twelve hours; not counted where nobody seems to change the status, in port or at sea",
        feature="fishing_per_day_h",
        scale=Scale(10, 14, 22),
        cap=0.2,
        why="with ten hours of rest a crew works fourteen; but a status is often left on, and"
        " watches take turns",
        source=f"{REPORTED} fished more hours a day; {C188}: ten hours of rest in any 24 at least."
        " A ship's hours are not a person's",
        ilo=("excessive overtime",),
        innocent="crews work in watches; lines and nets fish while people sleep; nobody changed"
        " the status",
        needs="it takes a ship that tells when it fishes and when not, heard for half of each of"
        " ten days",
        says="It said that it was fishing for {value:.0f} hours a day.",
        asked_of=FISHING,
        memory_days=10,
    ),
    Indicator(
        name="lies_still",
        title="lies in one place for months",
        definition="stayed at one berth or anchorage for {shown} days or more, heard there for half"
        " of the time at least (begins at {begins}, full at {full})",
        feature="still_days",
        scale=Scale(30, 60, 240),
        cap=0.3,
        why="how abandonment looks from outside; so do lay-up and repair, far more common",
        source=f"{MLC}: a crew is abandoned, among others, when wages are not paid for two months."
        " We take its two months for the limit; the text says nothing of lying still. The ILO and"
        " IMO keep a public database of reported cases: look there",
        ilo=(
            "withholding of wages", "abusive working and living conditions",
            "restriction of movement", "isolation",
        ),
        innocent="laid up, under repair, arrested with its crew gone home, waiting for a season or"
        " for orders, a store or a museum; whether people are on board and are relieved"
        " cannot be heard",
        needs="it takes two months of memory",
        says="It lay in one place for {value:.0f} days.",
        asked_of=SEAGOING,
        memory_days=60,
    ),
    Indicator(
        name="listed",
        title="on a list, or met a ship that is",
        definition="matched an entry of a list that you gave (docs/signs.md), or met a ship that"
        " did: " + _SUMMED,
        feature="listings_score",
        scale=_EVENT,
        cap=0.5,
        why="somebody else has looked into it; what that is worth depends on the list",
        source="the list itself, which each event names",
        ilo=(),
        innocent="another ship of the same name; an entry that is out of date; a list of the"
        " authorised",
        needs="it takes a list of yours",
        says="{event}",
        kind="listed",
    ),
    Indicator(
        name="flag",
        title="flies a flag that you named",
        definition="its number (MMSI) belongs to one of the countries that you wrote into"
        " `[signs] flags`. Without any, as delivered, nobody's flag counts",
        feature="flag_listed_share",
        scale=Scale(0, 0.5, 1),
        cap=0.1,
        why="a flag is nobody's deed, so that even where it is asked for it adds little",
        source="your own choice; we name none",
        ilo=(),
        innocent="nearly all ships of every flag",
        needs="it takes a number that belongs to a country",
        says="Its number belongs to a country that `[signs] flags` names.",
        optional=True,
    ),
)  # fmt: skip
