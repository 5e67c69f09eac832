"""Every number a score is made of, with its reason.

A weight is in log-odds: it is added to what the other factors say.  +0.7
doubles the odds, -0.7 halves them.  None of them was learned: there are no
labelled cases to learn from, and the published models of forced labour rest on
other features (docs/detectors/score.md).  They say how strongly a fact sets an
event apart from ordinary life at sea, in the judgement of those who wrote it.
A changed weight is a changed definition, and belongs into the changelog.
"""

from __future__ import annotations

from typing import NamedTuple


class Weight(NamedTuple):
    """A number and why it is what it is."""

    value: float
    why: str


WEIGHTS: dict[str, Weight] = {
    # Where each anomaly begins, before anything is known of the event.
    "identity: base": Weight(-1.5, "most odd numbers and names are slips or lawful changes"),
    "dark_gap: base": Weight(-2.5, "most silences at one antenna are lost reception"),
    "loitering: base": Weight(-2.5, "ships drift and anchor for many ordinary reasons"),
    "long_voyage: base": Weight(-2.5, "ships trade elsewhere, and lists of ports have holes"),
    "interference: base": Weight(-0.5, "four ships at once may still have been a feed's fault"),
    "listed: base": Weight(-1.0, "marks are typed in, in lists too; a namesake is no listed ship"),
    "transshipment: base": Weight(-2.0, "most ships close together work or wait together"),
    # Dark gaps.
    "surprise": Weight(1.6, "for each factor of ten: a little less than log 10, as it is drawn on"),
    "surprise: ordinary": Weight(-1.6, "one in ten is an ordinary silence"),
    "surprise: most": Weight(6.4, "one in a hundred thousand: the tail is drawn, not counted"),
    # Where reception has been learned the next ones add nothing (docs/detectors/score.md).
    "reception unknown": Weight(-0.5, "how well the station hears there has not been learned"),
    "long silence": Weight(0.4, "for each doubling beyond 6 h: reception fades for hours"),
    "long silence: most": Weight(1.2, "beyond two days length says no more"),
    "dense before": Weight(1.0, "was heard at least once a minute: reception was good there"),
    "regular before": Weight(0.5, "every few minutes, 14 times or more in 12 h (Welch 2022)"),
    "sparse before": Weight(-1.5, "with minutes between reports silence is what one expects"),
    "rare before": Weight(-2.2, "hardly heard before, so silence says nothing"),
    "witnesses": Weight(1.5, "others were heard near by: the station could hear that sea"),
    "one witness": Weight(0.9, "one other was; a larger or higher antenna may explain it"),
    "no witness": Weight(-1.5, "nobody was heard there: the station may have lost that sea"),
    "alone in the recording": Weight(-0.8, "nobody else shows what could be heard then"),
    "deaf station": Weight(-2.2, "the station heard nobody for half of the time"),
    "partly deaf station": Weight(-0.8, "the station heard nobody for a tenth of the time"),
    "came back elsewhere": Weight(0.6, "was under way unheard, at a speed a ship can make"),
    "came back at the same place": Weight(-0.8, "ships at rest report rarely and are switched off"),
    "came back impossibly far": Weight(-1.0, "two ships may share the number"),
    "not back yet": Weight(-0.6, "leaving the range of the antenna looks the same"),
    "off in port": Weight(-2.0, "AIS is switched off in port every day"),
    "on in port": Weight(-0.8, "it went into port, where antennas are shadowed"),
    "off near shore": Weight(-0.4, "islands and cliffs shadow the antenna"),
    "off far from shore": Weight(0.4, "50 nmi: Welch 2022; nearer, gaps are unreliable (GFW)"),
    "at rest": Weight(-1.0, "moored and anchored ships are switched off and shadowed"),
    "class B": Weight(-0.7, "2 to 5 W instead of 12.5 W: heard only half as far"),
    # Loitering.
    "long stay": Weight(0.35, "for each doubling beyond 4 h"),
    "long stay: most": Weight(1.4, "beyond three days it is more likely a place of work"),
    "carrier": Weight(0.7, "loitering is defined for carriers (GFW); AIS calls them cargo"),
    "fishing vessel": Weight(-2.5, "drifts at night and while lines and nets soak: its work"),
    "says it fishes": Weight(-1.5, "status 7, of a vessel that does not say its type"),
    "too large": Weight(-1.0, "bulk, oil and container ships wait for orders and berths adrift"),
    "small craft": Weight(-2.0, "a boat; those who take over catch are many times as large"),
    "drifting": Weight(1.5, "moved with the water, as ships do that wait for somebody at sea"),
    "as if anchored": Weight(-3.0, "stayed within the swing of an anchor chain"),
    "moved on": Weight(-2.0, "drifts, motors on and drifts again: who fishes with lines"),
    "steered": Weight(-1.5, "tides and winds turn a drift within hours; this way was held"),
    "broke a passage": Weight(1.5, "came and left at more than any net is towed at, and stopped"),
    "slow before and after": Weight(-1.5, "works, rests and works where it is"),
    "company": Weight(-1.5, "a fleet at rest, or ships that wait in one place: it is not alone"),
    "silent ship in reach": Weight(0.4, "a partner that nobody hears; mostly it is elsewhere"),
    "partly unheard": Weight(-0.5, "for a quarter of the time or more its stay is inferred"),
    # Transshipment.
    "long meeting": Weight(0.4, "for each doubling beyond 2 h; handing over a catch takes hours"),
    "long meeting: most": Weight(1.2, "a day of it is as telling as two"),
    "together for days": Weight(-1.5, "neighbours at anchor or a laid-up pair, not a visit"),
    "alongside": Weight(0.7, "within 100 m at the median: as good as made fast to each other"),
    "close": Weight(0.3, "within 250 m at the median"),
    "came and parted": Weight(1.5, "two ships that meet come from apart and go apart again"),
    "came or parted": Weight(0.7, "the same, but one side of it was not heard, or not as far"),
    "keep together": Weight(-2.0, "neighbours, a pair at work, a net and its marker"),
    "one lay at anchor": Weight(-2.5, "who lies there is called on: by anglers, fuel, supplies"),
    "one did not come": Weight(-1.5, "lay or drifted there before and after: no appointment"),
    "fishing with carrier": Weight(2.0, "the pair that transships catch (Miller et al. 2018)"),
    "carrier with untold": Weight(1.0, "who says nothing beside a carrier may be fishing"),
    "bunkering": Weight(-2.0, "a tanker beside another ship gives fuel: daily trade"),
    "pair of the same trade": Weight(-2.0, "trawlers tow one net in pairs; fleets keep together"),
    "great and small": Weight(0.4, "one is 80 m or longer and the other not: a mother ship's pair"),
    # Identity.
    "shared for long": Weight(0.5, "for each doubling beyond an hour: no slip of a receiver"),
    "shared for long: most": Weight(1.5, "beyond eight hours length says no more"),
    "far apart": Weight(1.2, "10 nmi: two transmitters without doubt, and not two of one ship"),
    "same place": Weight(-2.0, "within 1 nmi: two radios of one ship, or a tender"),
    "many under one number": Weight(-1.5, "three or more: a fleet's number, or a factory's"),
    "number as delivered": Weight(-2.0, "000000 or 123456 behind the flag: never programmed"),
    "one IMO number twice": Weight(1.0, "it is given to one hull for life (IMO A.1117(30))"),
    "another IMO number": Weight(2.5, "a hull keeps its IMO number for life (IMO A.1117(30))"),
    "another name": Weight(0.5, "more than a spelling corrected"),
    "another call sign too": Weight(0.3, "a sale changes it; with the name, it is no slip"),
    "changed under way": Weight(1.2, "papers change in port; this changed at sea"),
    "changed at rest": Weight(-0.8, "ships are renamed and their sets replaced in port"),
    "goes on as another": Weight(1.0, "the new number began where the old one was due"),
    "agrees with the old one": Weight(1.0, "for each of name, call sign, IMO number, dimensions"),
    "disagrees with the old one": Weight(-0.4, "for each of these: it may be another ship"),
    "others fit as well": Weight(-1.5, "in a crowd somebody always fits"),
    # Ships of watch lists: how sure the match is, never how grave what the list says.
    "surely the ship of the list": Weight(2.5, "0.9: the IMO number, or all that goes with a flag"),
    "likely the ship of the list": Weight(1.2, "0.7: two marks of one flag agree"),
    "doubtfully the ship of the list": Weight(-0.7, "below 0.5: one mark, and another differs"),
    "number of several hulls": Weight(-1.0, "the claims may be those of the other one"),
    "met at sea": Weight(0.5, "rarer than to be heard; docks and quays are masked"),
    "heard on one day": Weight(-0.2, "most ships pass; a list does not say where they may be"),
    # Interference.
    "many ships": Weight(0.8, "for each doubling beyond four: independent faults multiply"),
    "many ships: most": Weight(3.2, "beyond sixty-odd ships nothing is added"),
    "most of them": Weight(0.8, "half or more of all ships there: it is the place, not a maker"),
    "long interference": Weight(0.4, "for each doubling beyond half an hour: no passing fault"),
    "long interference: most": Weight(1.2, "a day of it says no more than four hours"),
    "small jumps": Weight(-1.0, "under 3 nmi: poor reception of satellites does that"),
    # Long voyages.
    "long away": Weight(0.7, "for each doubling beyond 90 days"),
    "long away: most": Weight(1.4, "a year of it says no more: so long nobody follows a ship"),
    "often heard at sea": Weight(1.5, "on a quarter of its days: it was there, and not elsewhere"),
    "hardly heard at sea": Weight(
        -3.0, "on under a tenth: whoever trades elsewhere looks the same"
    ),
    "surely at sea": Weight(0.8, "for each doubling beyond a month, a fishing vessel's long trip"),
    "surely at sea: most": Weight(2.4, "eight months: hardly a ship has stores for more"),
    "may have called weekly": Weight(-1.5, "never sure for a week: day boats and coasters do so"),
    "may have called monthly": Weight(-0.8, "sure for weeks: an ordinary trip, and then others"),
    "high seas": Weight(0.8, "far from any port and control; a sign in McDonald 2021"),
    "went far out": Weight(0.5, "50 nmi: no day trip"),
    "kept to the coast": Weight(-2.0, "within the territorial sea there is a berth at hand"),
    "fishing vessel away": Weight(
        1.0, "isolation at sea is a sign of the ILO's, and known of them"
    ),
    "said that it fished": Weight(0.7, "status 7, of a vessel that does not say its type"),
    "trades elsewhere": Weight(-1.5, "a liner comes back to a port after months on other routes"),
    "stores oil": Weight(-1.0, "floating stores are tended by launches and change crews"),
    "out by trade": Weight(
        -2.5, "stand-by, survey, cruise and sail: away for long, but not unseen"
    ),
    "too small for months": Weight(-2.0, "under 15 m: neither fuel nor water for it"),
    # Loitering and transshipment.
    "offshore": Weight(0.8, "20 nmi: GFW's limit for loitering"),
    "far offshore": Weight(1.2, "50 nmi: out of sight of every coast guard"),
    "near shore": Weight(-0.8, "under 10 nmi ships wait, anchor, bunker and pilot"),
    "near port": Weight(-0.8, "under 10 nmi ships wait for a berth"),
    "marker": Weight(-6.0, "no ship at all: nets are set, drift and are hauled"),
    "service vessel": Weight(-3.0, "tugs, pilots, dredgers, rescue and police work in one place"),
    "leisure craft": Weight(-2.5, "sailing and pleasure craft drift and meet for fun"),
    "passenger ship": Weight(-2.0, "ferries and cruise ships wait for hours and tender"),
}
