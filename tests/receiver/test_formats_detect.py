"""Which format input is in, by its content; and what is said when it is in none."""

from __future__ import annotations

import random

import pytest

from receiver.decoded import BadInput
from receiver.formats import FORMATS, by_name, detect

SENTENCE = b"!AIVDM,1,1,,B,177KQJ5000G?tO`K>RA1wUbN0TKH,0*5C\r\n"


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_found_by_its_name(name: str) -> None:
    assert by_name(name).name == name


@pytest.mark.parametrize(
    ("given_name", "says"),
    [("NMEA", "did you mean nmea"), ("digitrafic", "did you mean digitraffic"), ("x", "there are")],
)
def test_an_unknown_name_is_answered_with_the_known_and_the_nearest(
    given_name: str, says: str
) -> None:
    with pytest.raises(BadInput, match=says) as caught:
        by_name(given_name)
    assert all(known in str(caught.value) for known in FORMATS)


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (SENTENCE, "nmea"),
        (b"# a log of today, made by me\n\n" + SENTENCE, "nmea"),
        (b"\\s:2573345,c:1565177617*09\\" + SENTENCE, "nmea"),
        (random.Random(3).randbytes(3000) + b"\n" + SENTENCE, "nmea"),
        (b'{"class":"VERSION","release":"3.25"}\n' + SENTENCE, "nmea"),
        (b'{"class":"AIS","rxuxtime":1,"nmea":["!AIVDM,1,1,,A,x,0*00"]}\n', "aiscatcher"),
        (b'{"class":"AIS","type":1,"rxuxtime":1,"mmsi":1}\n', "aiscatcher"),
        (b'{"MessageType":"X","MetaData":{},"Message":{}}\n', "aisstream"),
        (b'{"topic":"vessels-v2/1/location","payload":{}}\n', "digitraffic"),
        (b"vessels-v2/1/location {}\n", "digitraffic"),
        (b"# Timestamp,Type of mobile,MMSI,Latitude,Longitude,Navigational status,ROT\n", "dma"),
        (b"MMSI,BaseDateTime,LAT,LON\n", "noaa"),
        (b"mmsi,base_date_time,longitude,latitude\n", "noaa"),
        (b"\xef\xbb\xbfMMSI,BaseDateTime,LAT,LON\n", "noaa"),
        ("MMSI,BaseDateTime,LAT,LON\n".encode("utf-16"), "noaa"),
        (b"ssvid,timestamp,lat,lon\n", "gfw"),
        (b'{"ssvid":1,"lat":2,"lon":3}\n', "gfw"),
        (b"ship;when;where\n", "table"),
        (b'{"mmsi":1,"x":{"y":2}}\n', "table"),
        (b"PAR1....", "table"),
    ],
)
def test_a_format_is_known_by_how_its_input_begins(head: bytes, name: str) -> None:
    assert detect(head, "a").name == name


@pytest.mark.parametrize(
    ("head", "says"),
    [
        (random.Random(4).randbytes(5000), "is binary data in which no AIS was recognised"),
        (b"Dear reader,\nthis is a letter.\n", "is text in which no AIS was recognised"),
        (b'[{"mmsi": 1}]\n', "is one JSON array; give one object on each line"),
        (b"a,b\n1,2\n", "its columns are a, b; needed are MMSI, time, latitude"),
        (b"\n\n\n", "no AIS was recognised"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR,,,,\n", "is binary data"),
    ],
)
def test_what_is_no_recording_is_named(head: bytes, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        detect(head, "a.bin")
