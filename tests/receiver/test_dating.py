"""Recordings without times: base stations, the user's word, the neighbours."""

import numpy as np
import pytest

from receiver.dating import Dating, utc
from receiver.encode import encode, sentences
from tests.receiver.nmea_input import read
from tests.recordings import recording

T0 = 1_700_000_000


def none() -> tuple[np.ndarray, np.ndarray]:
    return np.empty(0, np.int64), np.empty(0)


def test_a_sentence_without_a_time_has_that_of_the_one_before() -> None:
    t = np.array([np.nan, 10, np.nan, 12, 12, np.nan])
    dated = Dating().date(t, none, lambda: t)
    assert dated.tolist() == [10, 10, 10, 12, 12, 12]


def test_the_next_block_goes_on_where_the_last_one_ended() -> None:
    dating = Dating()
    dating.date(np.array([10.0]), none, lambda: np.empty(0))
    t = np.array([np.nan, 13.0])
    assert dating.date(t, none, lambda: t).tolist() == [10, 13]


def test_base_stations_date_a_recording_without_times() -> None:
    t = np.full(101, np.nan)
    at = np.array([0, 50, 100])
    dated = Dating().date(t, lambda: (at, T0 + at * 2.0), lambda: t)
    assert dated.tolist() == (T0 + 2.0 * np.arange(101)).tolist()


def test_a_base_station_with_an_absurd_clock_is_outvoted() -> None:
    t = np.full(100, np.nan)
    at = np.arange(0, 100, 5)
    said = T0 + at * 1.0
    said[[3, 8, 13]] = [0.0, T0 + 3e8, T0 - 3e8]
    said[17] = np.nan
    dated = Dating().date(t, lambda: (at, said), lambda: t)
    # Before the first and behind the last report that is believed there is nothing to go by.
    assert dated[:96].tolist() == pytest.approx((T0 + np.arange(96.0)).tolist())


def test_the_users_word_dates_what_nothing_else_does() -> None:
    second = np.array([50.0, 55.0, np.nan, 5.0, 4.0, 20.0])
    t = np.full(6, np.nan)
    dated = Dating(start=1000.0).date(t, none, lambda: second)
    assert dated.tolist() == [1000, 1005, 1005, 1015, 1015, 1031]


def test_nothing_is_dated_where_nothing_is_known() -> None:
    t = np.full(3, np.nan)
    assert np.isnan(Dating().date(t, none, lambda: t)).all()


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ((1970, 1, 1, 0, 0, 0), 0.0),
        ((2024, 2, 29, 23, 59, 59), 1709251199.0),
        ((2023, 2, 29, 0, 0, 0), np.nan),
        ((2023, 4, 31, 0, 0, 0), np.nan),
        ((2023, 0, 1, 0, 0, 0), np.nan),
        ((2023, 1, 1, 24, 60, 60), np.nan),
        ((0, 0, 0, 24, 60, 60), np.nan),
        ((16383, 1, 1, 0, 0, 0), np.nan),
    ],
)
def test_calendar_columns_become_seconds_or_nothing(
    moment: tuple[int, ...], expected: float
) -> None:
    found = utc(*(np.array([v]) for v in moment))
    np.testing.assert_equal(found, [expected])


def test_base_station_sentences_date_their_neighbours_end_to_end() -> None:
    stations = encode(
        4,
        {
            "mmsi": np.full(5, 2190047),
            "year": np.full(5, 2024),
            "month": np.full(5, 5),
            "day": np.full(5, 6),
            "hour": np.full(5, 7),
            "minute": np.arange(5),
            "second": np.zeros(5, int),
        },
    )
    ships = encode(1, {"mmsi": np.full(5, 219000001), "lat": np.full(5, 0), "lon": np.full(5, 0)})
    told, heard = sentences(stations).to_list(), sentences(ships).to_list()
    lines = [line for pair in zip(told, heard, strict=True) for line in pair]
    found = read(b"\r\n".join(lines)).positions
    ship = found.take(found.type == 1)
    base = 1714978800.0  # 2024-05-06T07:00:00Z
    assert ship.t.tolist() == [base + 30, base + 90, base + 150, base + 210, base + 240]


def test_a_real_recording_without_times_is_dated_within_its_minute() -> None:
    """gpsd's ais-nmea.log holds no base station; risky's first lines hold hundreds."""
    found = read(recording("nmea/amsa_risky_ais.txt"))
    assert np.isnan(found.positions.t).sum() == 0
    log = read(recording("nmea/gpsd_ais-nmea.log"))
    assert np.isnan(log.positions.t).all()
    assert log.counts["sentences without a time"] == log.counts["sentences"]
    dated = read(recording("nmea/gpsd_ais-nmea.log"), start=float(T0)).positions.t
    assert dated[0] == T0
    assert (np.diff(dated) >= 0).all()
