"""Bytes as the NMEA reader meets them, for its tests."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import reduce
from operator import xor
from pathlib import Path

import numpy as np

from receiver.assembler import Assembler, assemble
from receiver.decoded import Decoded
from receiver.decoder import Payloads, payloads
from receiver.formats.nmea import Nmea
from receiver.nmea import Lines, Sentences, scan
from receiver.sources.logfile import Input, open_inputs
from receiver.stamps import stamp
from receiver.swar import PAD
from tracks.batch import U8, PositionBatch, StaticBatch


def buffer(data: bytes) -> U8:
    """Return the bytes with the slack that the reader keeps behind them."""
    return np.frombuffer(data + bytes(PAD), np.uint8)


def read(data: bytes | Path, **options: float | bool) -> Decoded:
    """Read all of `data` and join what the reader gives."""
    inputs = [Input.of_bytes("test", data)] if isinstance(data, bytes) else open_inputs([data])
    parts = [d for i in inputs for d in Nmea(**options).read(i, 0, 0)]  # type: ignore[arg-type]
    counts: Counter[str] = Counter()
    for part in parts:
        counts.update(part.counts)
    return Decoded(
        PositionBatch.concat([p.positions for p in parts]),
        StaticBatch.concat([p.statics for p in parts]),
        +counts,
        PositionBatch.concat([p.own for p in parts]),
        [message for p in parts for message in p.rare],
    )


def messages(data: bytes) -> list[Payloads]:
    """Return the whole messages in `data` before they are decoded."""
    content = buffer(data)
    found, _ = scan(content, lines := Lines.of(content[:-PAD]))
    t, station, group = stamp(content, lines, found)
    found = replace(found, t=t, station=station, group=group)
    joined, joined_bytes = assemble(content, found, 0, Assembler())
    return list(payloads(content, found, joined, joined_bytes))


def sentences(data: bytes) -> Sentences:
    """Return the sound sentences in `data`."""
    content = buffer(data)
    return scan(content, Lines.of(content[:-PAD]))[0]


def sentence(body: bytes) -> bytes:
    """Wrap a sentence's fields in its start mark and checksum."""
    return b"!%b*%02X" % (body, reduce(xor, body))
