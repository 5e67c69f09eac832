"""Feed the readers of every format with damaged lines and see that nothing gives way.

    .venv/bin/python scripts/fuzz.py [--lines 1000000] [--seed 1] [--format NAME...]

Lines of real recordings ($STERNLIGHT_RECORDINGS, or ../shared/recordings), of the
simulator and of the samples below are flipped, cut, joined, repeated, blown up and
shuffled.  For every chunk: nothing but BadInput is raised, nothing warns, all lines are counted,
columns hold no impossible value, and once half is read, memory no longer grows.  A chunk
that fails is kept in fuzz-failure.bin; the seed makes all of it again.
"""

from __future__ import annotations

import argparse
import ctypes
import functools
import gc
import io
import os
import random
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow
import pyarrow.csv
import pyarrow.parquet

from receiver.decoded import BadInput, Decoded
from receiver.encode import Payloads, Stamp, sentences
from receiver.formats import FORMATS, by_name, detect
from receiver.sources.logfile import Input

ROOT = Path(__file__).resolve().parent.parent
RECORDINGS = Path(os.environ.get("STERNLIGHT_RECORDINGS", ROOT.parent / "shared" / "recordings"))
CHUNK_LINES = 10_000
GROWTH_MAX_MB = 20.0  # what the allocators scatter is below this
TABLE_SHARE = 0.25  # of all lines; the rest are NMEA
STAMPS: tuple[Stamp, ...] = ("none", "tag", "suffix", "prefix")

SAMPLES = {
    "nmea": b"!AIVDM,1,1,,A,13u?etPv2;0n:dDPwUM1U1Cb069D,0*24\n"
    b"\\s:station,c:1635731889*5B\\!AIVDM,1,1,,A,13u?etPv2;0n:dDPwUM1U1Cb069D,0*24\n"
    b"!AIVDM,2,1,3,B,55P5TL01VIaAL@7WKO@mBplU@<PDhh000000001S;AJ::4A80?4i@E53,0*3E\n"
    b"!AIVDM,2,2,3,B,1@0000000000000,2*55\n",
    "dma": b"# Timestamp,Type of mobile,MMSI,Latitude,Longitude,Navigational status,ROT,SOG,COG,"
    b"Heading,IMO,Callsign,Name,Ship type,Cargo type,Width,Length,Type of position fixing "
    b"device,Draught,Destination,ETA,Data source type,A,B,C,D\n"
    b"01/05/2024 00:00:00,Class A,219000001,55.5,11.25,Under way using engine,0.0,10.2,90.1,"
    b"91,9111111,ABCD,EXAMPLE,Cargo,,20,100,GPS,5.5,HAMBURG,,AIS,50,50,10,10\n",
    "noaa": b"MMSI,BaseDateTime,LAT,LON,SOG,COG,Heading,VesselName,IMO,CallSign,VesselType,"
    b"Status,Length,Width,Draft,Cargo,TransceiverClass\n"
    b"367000001,2023-01-11T00:00:00,43.1,-70.7,0.0,360.0,95.0,EXAMPLE,IMO9111111,WDI1,31,0.0,"
    b"20,5,2.0,52.0,A\n",
    "gfw": b"ssvid,lat,lon,timestamp,seg_id,speed\n"
    b"220000001,35.88,-128.37,2018-01-01 00:12:19+00:00,220000001-2017-12-18T20:34:03Z,19.9\n",
    "table": b"Time,MMSI,Latitude_degrees,Longitude_degrees,COG_degrees,SOG_knots\n"
    b"2016-01-12 13:02:11.218,235000001,50.773,-1.09,157.8,5.9\n",
    "aiscatcher": b'{"class":"AIS","device":"AIS-catcher","rxuxtime":1635731889.5,"scaled":true,'
    b'"channel":"A","nmea":["!AIVDM,1,1,,A,13u?etPv2;0n:dDPwUM1U1Cb069D,0*24"],'
    b'"signalpower":-31.5,"ppm":0.4,"type":1,"mmsi":265547250,"lon":11.83,"lat":57.66,'
    b'"speed":13.9,"course":40.4,"heading":41}\n',
    "aisstream": b'{"MessageType":"PositionReport","MetaData":{"MMSI":259000420,"ShipName":'
    b'"EXAMPLE","latitude":66.02695,"longitude":12.25,"time_utc":'
    b'"2022-12-29 18:22:32.318353 +0000 UTC"},"Message":{"PositionReport":{"Cog":308,'
    b'"Latitude":66.02695,"Longitude":12.25,"MessageID":1,"NavigationalStatus":15,"Sog":0,'
    b'"TrueHeading":235,"UserID":259000420,"Valid":true}}}\n',
    "digitraffic": b'{"topic":"vessels-v2/230000001/location","payload":{"time":1668075025,'
    b'"sog":10.7,"cog":326.6,"navStat":0,"rot":0,"posAcc":true,"raim":false,"heading":325,'
    b'"lon":20.345818,"lat":60.03802}}\n',
}

STRANGE = (
    b"", b"-", b"1e999", b"-1e999", b"nan", b"inf", b"9" * 40, b"-0", b"0x1F", b"null", b"true",
    b"[]", b"{}", b'"', b"\xff\xfe", b"1635731889000", b"-62135596801",
)  # fmt: skip

Mutator = Callable[[bytes, list[bytes], random.Random], bytes]


def flip_bits(line: bytes, _: list[bytes], chance: random.Random) -> bytes:
    damaged = bytearray(line)
    for _bit in range(chance.randint(1, 4)):
        damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
    return bytes(damaged)


def cut(line: bytes, _: list[bytes], chance: random.Random) -> bytes:
    a, b = sorted((chance.randrange(len(line) + 1), chance.randrange(len(line) + 1)))
    return chance.choice((line[a:b], line[:a], line[b:], line[:a] + line[b:]))


def join(line: bytes, corpus: list[bytes], chance: random.Random) -> bytes:
    return chance.choice((b"", b" ", b"\\r\\n", b"\r", b"\0")).join((line, chance.choice(corpus)))


def insert(line: bytes, _: list[bytes], chance: random.Random) -> bytes:
    a = chance.randrange(len(line) + 1)
    return line[:a] + chance.randbytes(chance.randint(1, 12)) + line[a:]


def zero(line: bytes, _: list[bytes], chance: random.Random) -> bytes:
    a = chance.randrange(len(line) + 1)
    return line[:a] + bytes(chance.randint(1, 12)) + line[a + 6 :]


def repeat(line: bytes, _: list[bytes], chance: random.Random) -> bytes:
    return b"\n".join([line] * chance.randint(2, 4))


def swap_fields(line: bytes, _: list[bytes], chance: random.Random) -> bytes:
    fields = line.split(b",")
    a, b = chance.randrange(len(fields)), chance.randrange(len(fields))
    fields[a], fields[b] = fields[b], fields[a]
    return b",".join(fields)


def extreme_number(line: bytes, _: list[bytes], chance: random.Random) -> bytes:
    fields = line.split(b",")
    fields[chance.randrange(len(fields))] = chance.choice(STRANGE)
    return b",".join(fields)


def damaged_payload(line: bytes, _: list[bytes], chance: random.Random) -> bytes:
    """Change the payload and give the sentence the checksum that fits, so that it is decoded."""
    fields = line[line.rfind(b"!") :].split(b",")
    if len(fields) < 7 or not fields[5]:
        return line
    payload = bytearray(fields[5])
    for _char in range(chance.randint(1, 5)):
        payload[chance.randrange(len(payload))] = chance.randint(48, 119)
    fields[5] = bytes(payload)[: chance.choice((None, None, chance.randrange(len(payload) + 1)))]
    body = b",".join([*fields[:6], str(chance.randrange(6)).encode()])
    checksum = 0
    for byte in body[1:]:
        checksum ^= byte
    return body + b"*%02X" % checksum


def blow_up(line: bytes, _: list[bytes], chance: random.Random) -> bytes:
    if chance.random() > 0.002:
        return line
    return chance.choice((line, b",", b"!", b"\\", b"A", b"\0", b'"', b"{")) * (10**6 // len(line))


MUTATORS: list[Mutator] = [flip_bits, cut, join, insert, zero, repeat, swap_fields,
                           extreme_number, damaged_payload, blow_up]  # fmt: skip


def damaged(corpus: list[bytes], lines: int, chance: random.Random) -> bytes:
    """Return a chunk of `lines` lines or more, of which about one in five is whole."""
    made = []
    for line in chance.choices(corpus, k=lines):
        for mutate in chance.choices(MUTATORS, k=chance.choice((0, 1, 1, 1, 2))):
            line = mutate(line, corpus, chance) or b"\n"
        made.append(line)
    return b"\n".join(made)


def corpora(chance: random.Random) -> dict[str, list[tuple[bytes, list[bytes]]]]:
    """Return for each format the recordings: a table's header (or nothing) and whole lines."""
    found = {name: [split(name, sample)] for name, sample in SAMPLES.items()}
    found["nmea"].append(split("nmea", random_messages(chance)))
    for path in sorted(RECORDINGS.rglob("*")):
        data = path.read_bytes()[:400_000] if path.is_file() and path.suffix != ".gz" else b""
        if data and path.suffix != ".md":
            name = detect(data, path.name).name
            found[name].append(split(name, data))
    found["nmea"] = [(b"", [line for _, lines in found["nmea"] for line in lines])]
    return found


def split(name: str, data: bytes) -> tuple[bytes, list[bytes]]:
    """Return the header of a table, or nothing, and the lines that are not empty."""
    lines = [line for line in data.splitlines() if line]
    has_header = name in ("dma", "noaa", "gfw", "table") and not data.startswith(b"{")
    return (lines[0] + b"\n", lines[1:]) if has_header else (b"", lines)


def random_messages(chance: random.Random) -> bytes:
    """Return sentences of the types from 0 to 31 and several lengths, with random content."""
    armour = np.frombuffer(bytes([*range(48, 88), *range(96, 120)]), np.uint8)
    text = []
    for stamp in STAMPS:
        for length in (16, 27, 28, 35, 52, 71):
            numbers = np.frombuffer(chance.randbytes(256 * length), np.uint8).reshape(256, length)
            chars = armour[numbers & 63]
            chars[:, 0] = armour[np.arange(256) % 32]
            t = 1.6e9 + np.arange(256.0)
            text.append(sentences(Payloads(chars, 0), t=t, stamp=stamp).to_bytes())
    return b"".join(text)


def parquet(chance: random.Random) -> bytes:
    """Return a small Parquet file with some of its bits flipped."""
    table = pyarrow.csv.read_csv(io.BytesIO(SAMPLES["table"] + SAMPLES["table"].splitlines()[1]))
    out = io.BytesIO()
    pyarrow.parquet.write_table(table, out)
    return flip_bits(out.getvalue(), [], chance)


def read(name: str, data: bytes) -> int:
    """Read `data` as format `name`; return its reports.  Raises AssertionError if one is false."""
    reports = lines = 0
    refused = ""
    try:
        for batch in by_name(name).read(Input.of_bytes("damaged", data), 0, 0):
            check(batch)
            reports += len(batch.positions) + len(batch.statics)
            lines += batch.counts["lines"]
    except BadInput as error:
        refused = str(error)
    assert len(refused) < 2_000, "a message that nobody reads to its end"
    if not refused and not data.startswith(b"PAR1"):
        expected = data.count(b"\n") + (not data.endswith(b"\n"))
        assert lines == expected, f"{lines} lines were counted, and {expected} given"
    return reports


def check(batch: Decoded) -> None:
    """Raise AssertionError where a column holds what no report can say."""
    heard = batch.positions
    assert not (np.abs(heard.lat) > 90).any(), "latitude beyond a pole"
    assert not ((heard.lon < -180) | (heard.lon >= 180)).any(), "longitude beyond 180"
    assert not ((heard.sog_kn < 0) | (heard.sog_kn > 1023)).any(), "impossible speed"
    assert not ((heard.cog_deg < 0) | (heard.cog_deg >= 360)).any(), "impossible course"
    assert not ((heard.heading_deg < 0) | (heard.heading_deg >= 360)).any(), "impossible heading"
    assert not (heard.nav_status > 15).any(), "unknown status"
    for column in (heard.t, batch.statics.t):
        assert not np.isinf(column).any(), "an endless time"


def chunks(lines: int, names: list[str], chance: random.Random) -> Iterator[tuple[str, bytes]]:
    """Yield (format, damaged input) until `lines` lines are given."""
    whole = corpora(chance)
    tables = [name for name in names if name != "nmea"]
    while lines > 0:
        is_table = tables and (chance.random() < TABLE_SHARE or "nmea" not in names)
        name = chance.choice(tables) if is_table else "nmea"
        head, corpus = chance.choice(whole[name])
        if name == "table" and chance.random() < 0.2:
            yield name, parquet(chance)
        if head and chance.random() < 0.1:
            head = damaged([head.strip()], 1, chance) + b"\n"
        yield name, head + damaged(corpus, min(lines, CHUNK_LINES), chance)
        lines -= CHUNK_LINES


def resident_mb() -> float:
    """Return the memory that this process cannot give back, its bounded caches left out (glibc)."""
    for thing in gc.get_objects():
        if isinstance(thing, functools._lru_cache_wrapper):
            thing.cache_clear()
    gc.collect()
    pyarrow.default_memory_pool().release_unused()
    ctypes.CDLL(None).malloc_trim(0)
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--format", nargs="*", choices=FORMATS, default=list(FORMATS))
    asked = parser.parse_args()
    print(f"seed {asked.seed}, {asked.lines:,} lines, {', '.join(asked.format)}")
    warnings.simplefilter("error")  # users would see them
    chance, began = random.Random(asked.seed), time.monotonic()
    fed = dict.fromkeys(asked.format, 0)
    found = dict.fromkeys(asked.format, 0)
    half_mb = 0.0
    for name, data in chunks(asked.lines, asked.format, chance):
        try:
            found[name] += read(name, data)
        except BaseException:
            Path("fuzz-failure.bin").write_bytes(data)
            print(f"FAILED on format {name}, seed {asked.seed}; its input is in fuzz-failure.bin")
            raise
        fed[name] += data.count(b"\n") + 1
        if not half_mb and 2 * sum(fed.values()) > asked.lines:
            half_mb = resident_mb()
    for name in asked.format:
        print(f"{name:>12}: {fed[name]:>10,} lines, {found[name]:>10,} reports")
    grown = resident_mb() - half_mb
    print(
        f"{time.monotonic() - began:.0f} s; memory {half_mb:.0f} MB at half, {grown:+.1f} MB since"
    )
    if grown > GROWTH_MAX_MB:
        print(f"FAILED: memory grew by more than {GROWTH_MAX_MB:.0f} MB", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
