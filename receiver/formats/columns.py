"""Which column of a table means what: one list of names for all tables."""

from __future__ import annotations

from collections.abc import Sequence

from receiver.decoded import BadInput
from receiver.formats.words import squeezed

KNOT_MPS = 1852 / 3600
KNOT_KMH = 1.852

# Names as `squeezed` leaves them, the surest first.
_NAMES = {
    "mmsi": "mmsi ssvid mmsinumber mmsinr mmsino shipmmsi vesselmmsi sourcemmsi userid vesselid",
    "t": (
        "basedatetime timestamp timestamputc timeutc utctime utc datetimeutc datetime dateandtime"
        " rxuxtime rxtime receivedtime receivetime timereceived receivedat msgtime messagetime"
        " positiontime postime timeposition positiontimestamp tagblocktimestamp eventtime"
        " unixtime unixtimestamp unixseconds epoch epochtime epochs epochms epochseconds"
        " timestampms timestamps tstamp dtposutc movementdatetime lastpositionutc"
        " lastpositionepoch time ts dt send sent t date"
    ),
    "lat": "lat latitude latitudedegrees latitudedeg latdegrees latdeg latdd poslat y",
    "lon": "lon lng long longitude longitudedegrees longitudedeg londegrees londeg londd poslon x",
    "sog_kn": (
        "sog sogknots sogkn sogkts sogkt speed speedknots speedkn speedkts speedkt"
        " speedoverground speedovergroundknots speedovergroundkn"
    ),
    "sog_mps": "sogmps sogms speedmps speedms speedmetrespersecond speedmeterspersecond",
    "sog_kmh": "sogkmh speedkmh speedkph",
    "cog_deg": (
        "cog cogdegrees cogdeg course coursedegrees coursedeg courseoverground"
        " courseovergrounddegrees courseovergrounddeg coursetrue"
    ),
    "heading_deg": (
        "heading hdg trueheading headingdegrees headingdeg truehdg hdgdeg hdt headingtrue th"
    ),
    "nav_status": "navigationalstatus navstatus navigationstatus navstat navstatuscode nav status",
    "ship_class": "typeofmobile transceiverclass transceiver aisclass shipclass stationclass class",
    "type": "msgtype messagetype messageid msgid aismsgtype aismessagetype",
    "signal_db": "signalpower signaldb signallevel",
    "ppm": "ppm",
    "name": "shipname vesselname name shpname",
    "call_sign": "callsign vesselcallsign radiocallsign",
    "imo": "imo imonumber imonr imono shipimo vesselimo",
    "ship_type": (
        "shiptype vesseltype shiptypecode vesseltypecode shipandcargotype typeandcargo category"
    ),
    "length_m": "length shiplength vessellength loa lengthm",
    "width_m": "width beam breadth shipwidth widthm",
    "to_bow_m": "tobow tobowm dimtobow dimensiontobow dimbow dima refa a",
    "to_stern_m": "tostern tosternm dimtostern dimensiontostern dimstern dimb refb b",
    "to_port_m": "toport toportm dimtoport dimensiontoport dimport dimc refc c",
    "to_starboard_m": (
        "tostarboard tostarboardm dimtostarboard dimensiontostarboard dimstarboard dimd refd d"
    ),
    "draught_m": "draught draft draughtm draftm maximumstaticdraught maxdraught",
    "destination": "destination dest",
}

SPEEDS = {"sog_kn": 1.0, "sog_mps": 1 / KNOT_MPS, "sog_kmh": 1 / KNOT_KMH}
NUMBERS = ("mmsi", "lat", "lon", *SPEEDS, "cog_deg", "heading_deg", "type", "signal_db", "ppm")
WORDS = ("nav_status", "ship_class")
CLAIMS = (
    *("name", "call_sign", "imo", "ship_type", "length_m", "width_m", "draught_m", "destination"),
    *("to_bow_m", "to_stern_m", "to_port_m", "to_starboard_m"),
)
NEEDED = {
    "mmsi": "the ship (mmsi or ssvid)",
    "t": "the time (timestamp, time, BaseDateTime ...)",
    "lat": "the latitude (lat, latitude)",
    "lon": "the longitude (lon, lng, longitude)",
}


def recognise(names: Sequence[str]) -> dict[str, int]:
    """Return for each quantity that is known the number of its column, counted from 0.

    Where two columns have names of the same quantity, the surer name wins.
    """
    at: dict[str, int] = {}
    for i, name in enumerate(names):
        at.setdefault(squeezed(name), i)
    found: dict[str, int] = {}
    for quantity, spellings in _NAMES.items():
        known = (at[name] for name in spellings.split() if name in at)
        first = next(known, None)
        if first is not None:
            found[quantity] = first
    return found


def required(names: Sequence[str], where: str) -> dict[str, int]:
    """Return what `recognise` finds; raises BadInput when ship, time or place is not among it."""
    found = recognise(names)
    missing = [meant for quantity, meant in NEEDED.items() if quantity not in found]
    if missing == [NEEDED["t"]]:
        missing = ["the time of each position (timestamp, time, BaseDateTime ...)"]
    if missing:
        shown = ", ".join(name.strip()[:40] or "(no name)" for name in names[:40])
        raise BadInput(
            f"{where} is a table in which no column was recognised for {_and(missing)};"
            f" its columns are: {shown}; rename those that are meant"
        )
    return found


def _and(parts: Sequence[str]) -> str:
    return " or ".join([", ".join(parts[:-1]), parts[-1]] if parts[1:] else parts)
