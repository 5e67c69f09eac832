"""(c) and (d) Real recordings: parts of them hidden on purpose, and those with nothing to find."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from _evaluate_metrics import Ranking, Span, match
from _evaluate_reception import Antenna, Climate, stream
from _evaluate_run import Found, found_in
from numpy.random import Generator

from receiver.decoded import BadInput, Decoded
from receiver.sources.logfile import open_inputs
from receiver.sources.sea_chart import C128, HOUR, NMI, lat_lon, vector
from sternlight.reading import Reading
from sternlight.settings import Settings
from tracks.batch import BIN_S, CLASS_A, F64, PositionBatch, StaticBatch
from tracks.places import Places
from tracks.quality import clean

# What is known of a recording that makes it other than an hour of ordinary traffic.
SAMPLES = "lines of years together; not one recording"
KNOWN = {
    "aislib_small_cb_example.txt": SAMPLES,
    "aistools_type1-bad-bitcount.nmea": SAMPLES,
    "gpsd_sample.aivdm": SAMPLES,
    "libais_test.aivdm": SAMPLES,
    "libais_typeexamples.nmea": SAMPLES,
    "dma_aisabnormal_212123000_drift_1.ais": "a ship that drifts for 12.5 h",
    "pyseas_gap_positions_gfw_416000301.csv": "a gap of 16.7 h that GFW published",
    "pyseas_gap_positions_ee_416000301.csv": "the same gap, as another provider heard it",
    "gpsdio_segment_338013000.jsonl": "several ships under one MMSI",
    "gpsdio_segment_416000000.jsonl": "several ships under one MMSI",
    "skytruth_pelagos_raw10k_2012.csv.gz": "ships heard now and then by satellite",
    "pyseas_position_messages_201801.csv": "longliners heard by satellite; not known what they did",
}
DENSE = (  # recordings with ships that were heard at least every half hour for days
    "pyseas_position_messages_201801.csv",
    "pyseas_gap_positions_gfw_416000301.csv",
    "noaa_atlantes_track_212049000.csv",
    "gpsdio_segment_416000000.jsonl",
)
HOLE_S = 1800.0  # no longer hole in what is taken for dense
MASK_H = (6.5, 14.0)
PIECE_H = 18.0  # of a dense stretch, at least, to be laid around an antenna


class Normal(NamedTuple):
    """What was listed for one recording."""

    name: str
    hours: float
    vessels: int
    listed: dict[str, int]  # events by kind
    strong: int  # with a score of at least one half
    alerts: int
    known: str


class Masked(NamedTuple):
    """What came of hiding parts of real tracks."""

    silences: Ranking  # of two hours or more; true: hidden on purpose
    hours: F64  # of each
    start_min: F64
    end_min: F64


def read(path: Path) -> tuple[PositionBatch, StaticBatch]:
    """Return a recording's dated reports in order of time.  Raises BadInput."""
    reading = Reading()
    parts: list[Decoded] = [decoded for _, decoded in reading.read(open_inputs([str(path)]))]
    positions = PositionBatch.concat([part.positions for part in parts])
    statics = StaticBatch.concat([part.statics for part in parts])
    positions = positions.take(np.isfinite(positions.t))
    statics = statics.take(np.isfinite(statics.t))
    return (
        positions.take(np.argsort(positions.t, kind="stable")),
        statics.take(np.argsort(statics.t, kind="stable")),
    )


def recordings(folder: Path) -> list[Path]:
    """Return every recording; one-case files of line formats are none."""
    return sorted(
        p for room in ("nmea", "tables") for p in (folder / room).glob("*") if p.is_file()
    )


def normal(path: Path, settings: Settings, places: Places) -> Normal | None:
    """Return what is listed for a recording; None where it has no dated positions."""
    try:
        positions, statics = read(path)
    except BadInput:
        return None
    if not len(positions):
        return None
    found = found_in(positions, statics, settings, places, alerts=True)
    hours = _hours_heard(positions)
    kinds = [f.kind for f in found]
    return Normal(
        path.name,
        hours,
        len(np.unique(positions.mmsi)),
        {kind: kinds.count(kind) for kind in sorted(set(kinds))},
        sum(f.score >= 0.5 for f in found),
        sum(f.alert for f in found),
        KNOWN.get(path.name, ""),
    )


def _hours_heard(positions: PositionBatch) -> float:
    """Return in how many hours anything was heard: some files have years between their lines."""
    return len(np.unique(positions.t // BIN_S)) * BIN_S / HOUR


class Stretch(NamedTuple):
    """A part of a real track without long holes."""

    recording: str
    positions: PositionBatch
    hours: float


@cache
def stretches(folder: Path, least_h: float) -> tuple[Stretch, ...]:
    """Return the dense parts, of at least so many hours, of all tracks in `DENSE`."""
    return tuple(_stretches(folder, least_h))


def _stretches(folder: Path, least_h: float) -> Iterator[Stretch]:
    for name in DENSE:
        positions, _ = clean(read(folder / "tables" / name)[0])
        for mmsi in np.unique(positions.mmsi):
            one = positions.take(positions.mmsi == mmsi)
            cuts = np.flatnonzero(np.diff(one.t) > HOLE_S) + 1
            for a, z in zip(np.r_[0, cuts], np.r_[cuts, len(one)], strict=True):
                hours = (one.t[z - 1] - one.t[a]) / HOUR
                if hours >= least_h:
                    yield Stretch(name, one.take(slice(a, z)), float(hours))


def hidden_windows(folder: Path, seed: int, settings: Settings, places: Places) -> Masked:
    """Hide one window in each dense stretch of the recordings as they are, and judge them."""
    rng = stream(seed, 7)
    parts: list[Ranking] = []
    hours: list[F64] = []
    starts: list[float] = []
    ends: list[float] = []
    for name in DENSE:
        positions, statics = read(folder / "tables" / name)
        windows = [_window(rng, s) for s in stretches(folder, PIECE_H) if s.recording == name]
        keep = np.ones(len(positions), np.bool_)
        for mmsi, a, b in windows:
            keep &= (positions.mmsi != mmsi) | (positions.t < a) | (positions.t >= b)
        heard = positions.take(keep)
        off = [Span((mmsi,), a, b) for mmsi, a, b in windows]
        found = [f for f in found_in(heard, statics, settings, places) if f.kind == "gap"]
        one = _compare(heard, found, off, float(heard.t[-1]))
        parts.append(one.silences)
        hours.append(one.hours)
        starts += one.start_min.tolist()
        ends += one.end_min.tolist()
    return Masked(_join(parts), np.concatenate(hours), np.array(starts), np.array(ends))


def _join(parts: Sequence[Ranking]) -> Ranking:
    return Ranking(
        np.concatenate([p.truth for p in parts]), np.concatenate([p.score for p in parts])
    )


def _window(rng: Generator, stretch: Stretch) -> tuple[int, float, float]:
    """Draw when a ship is hidden: not for the first and the last two hours."""
    t = stretch.positions.t
    lasts_s = min(float(rng.uniform(*MASK_H)), stretch.hours - 5) * HOUR
    a = float(rng.uniform(t[0] + 2 * HOUR, t[-1] - 2 * HOUR - lasts_s))
    return int(stretch.positions.mmsi[0]), a, a + lasts_s


def _compare(
    heard: PositionBatch, found: Sequence[Found], off: Sequence[Span], until: float
) -> Masked:
    """Compare listed gaps with all silences of two hours or more."""
    silences: list[Span] = []
    for mmsi in np.unique(heard.mmsi).tolist():
        t = np.append(heard.t[heard.mmsi == mmsi], until)
        for k in np.flatnonzero(np.diff(t) >= 2 * HOUR).tolist():
            silences.append(Span((mmsi,), float(t[k]), float(t[k + 1])))
    score = np.full(len(silences), -np.inf)
    for i, j in match([f.span for f in found], silences).items():
        score[j] = found[i].score
    true = match(silences, off)
    truth = np.array([j in true for j in range(len(silences))], np.bool_)
    listed = [(silences[j], off[k]) for j, k in true.items() if score[j] > -np.inf]
    return Masked(
        Ranking(truth, score),
        np.array([(s.end - s.start) / HOUR for s in silences]),
        np.array([abs(s.start - o.start) / 60 for s, o in listed]),
        np.array([abs(s.end - o.end) / 60 for s, o in listed]),
    )


def relaid(folder: Path, seed: int, settings: Settings, ships: int, days: float) -> Masked:
    """Lay pieces of real tracks around one made-up antenna and let it hear them.

    How the ships move and how often they report is real; where they are, when,
    how many there are and what the antenna hears is not.  One in eight is
    switched off once.  No shore and no port is near.
    """
    rng = stream(seed, 8)
    pool = stretches(folder, PIECE_H)
    start = 1_772_323_200.0
    end = start + days * 24 * HOUR
    antenna = Antenna.draw(Climate(), np.zeros(ships, np.bool_), start, end, seed)
    heard: list[PositionBatch] = []
    off: list[Span] = []
    for ship in range(ships):
        piece, at = _laid(rng, pool[int(rng.integers(len(pool)))].positions, start, end)
        mmsi = 257_900_001 + ship
        keep = rng.uniform(0, 1, len(piece)) < antenna.chance(
            np.full(len(piece), ship), piece.t, at, 6.0
        )
        if rng.uniform() < 1 / 8:
            _, a, b = _window(rng, Stretch("", piece, float(piece.t[-1] - piece.t[0]) / HOUR))
            keep &= (piece.t < a) | (piece.t >= b)
            off.append(Span((mmsi,), a, b))
        lat, lon = lat_lon(at[keep])
        kept = piece.take(keep)
        columns = {n: getattr(kept, n) for n in ("t", "sog_kn", "nav_status")}
        heard.append(
            PositionBatch.make(
                len(kept), mmsi=mmsi, lat=lat, lon=lon, ship_class=CLASS_A, type=1, **columns
            )
        )
    return _judged(PositionBatch.concat(heard), off, end, settings)


def _judged(heard: PositionBatch, off: list[Span], end: float, settings: Settings) -> Masked:
    heard = heard.take(np.argsort(heard.t, kind="stable"))
    n = np.arange(len(heard))
    columns = {name: getattr(heard, name) for name in heard.described()}
    heard = PositionBatch.make(len(heard), **(columns | {"line": n, "key": n + 1}))
    found = found_in(heard, StaticBatch.empty(), settings, Places.none())
    return _compare(heard, [f for f in found if f.kind == "gap"], off, end)


def _laid(
    rng: Generator, piece: PositionBatch, start: float, end: float
) -> tuple[PositionBatch, C128]:
    """Move a piece to a time of the recording, turn it, and lay it near the antenna."""
    most_s = float(rng.uniform(PIECE_H, 96)) * HOUR
    piece = piece.take(piece.t < piece.t[0] + most_s)
    shift_s = float(rng.uniform(start, end - (piece.t[-1] - piece.t[0]))) - float(piece.t[0])
    moved = PositionBatch.make(
        len(piece), t=piece.t + shift_s, sog_kn=piece.sog_kn, nav_status=piece.nav_status
    )
    middle = int(rng.integers(len(piece)))
    east = (piece.lon - piece.lon[middle] + 180) % 360 - 180
    at = (
        60
        * NMI
        * (east * math.cos(math.radians(piece.lat[middle])) + 1j * (piece.lat - piece.lat[middle]))
    )
    at = at * np.exp(1j * rng.uniform(0, 2 * np.pi))
    off = vector(float(rng.uniform(0, 360)), NMI * 40 * math.sqrt(float(rng.uniform())))
    return moved, np.asarray(at + off, np.complex128)
