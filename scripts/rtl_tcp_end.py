#!/usr/bin/env python3
"""An rtl_tcp server that plays sentences as a radio signal: to try AIS-catcher without a radio.

    python3 scripts/rtl_tcp_end.py sea.nmea

GMSK at 9600 Bd in HDLC frames, as ITU-R M.1371-5 (Annex 2, 2 and 3) says;
each message on its own channel, one after another, at the sample rate that
the client asks for.  Neglected: slots, fading, ramps, two ships at a time.
"""

from __future__ import annotations

import argparse
import socket
import struct
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Bits = NDArray[np.uint8]
BAUD = 9600
OFFSET_HZ = {"A": -25_000.0, "B": 25_000.0}  # from 162 MHz
RATE_HZ = 288_000  # until the client asks for another
HELLO = b"RTL0" + struct.pack(">II", 5, 29)  # an R820T tuner with 29 gains
FLAG = np.array([0, 1, 1, 1, 1, 1, 1, 0], np.uint8)


def messages(lines: Iterable[bytes]) -> Iterator[tuple[str, Bits]]:
    """Yield channel and bits of each whole message in lines of NMEA."""
    parts: dict[bytes, list[Bits]] = {}
    for line in lines:
        fields = line[line.find(b"!") :].split(b",")
        if len(fields) != 7 or fields[0][3:] != b"VDM":
            continue
        codes = np.frombuffer(fields[5], np.uint8) - 48
        codes = np.where(codes > 40, codes - 8, codes)
        bits = np.unpackbits(codes[:, None].astype(np.uint8), axis=1)[:, 2:].reshape(-1)
        got = parts.setdefault(fields[3], []) if fields[1] != b"1" else []
        got.append(bits[: len(bits) - int(fields[6][:1])])
        if len(got) == int(fields[1]):
            parts.pop(fields[3], None)
            yield ("B" if fields[4] in (b"B", b"2") else "A"), np.concatenate(got)


def crc(octets: bytes) -> int:
    """Return the CRC-16 of HDLC (ISO/IEC 13239)."""
    value = 0xFFFF
    for octet in octets:
        value ^= octet
        for _ in range(8):
            value = value >> 1 ^ 0x8408 * (value & 1)
    return value ^ 0xFFFF


def frame(bits: Bits) -> Bits:
    """Return a message as it is sent: training, flag, stuffed bits with their CRC, flag."""
    octets = np.packbits(bits).tobytes()
    octets += struct.pack("<H", crc(octets))
    stuffed: list[int] = []
    for bit in np.unpackbits(np.frombuffer(octets, np.uint8), bitorder="little").tolist():
        stuffed.append(bit)
        if stuffed[-5:] == [1] * 5:
            stuffed.append(0)
    training = np.tile(np.array([0, 1], np.uint8), 12)
    return np.concatenate([training, FLAG, np.array(stuffed, np.uint8), FLAG, FLAG[:4]])


def modulate(bits: Bits, rate_hz: float, offset_hz: float) -> NDArray[np.complex64]:
    """Return a frame as GMSK (BT 0.4) at an offset from the middle, amplitude 0.35."""
    levels = 1.0 - 2.0 * (np.cumsum(bits == 0) % 2)  # NRZI: a zero turns, a one stays
    t = np.arange(round(len(bits) * rate_hz / BAUD)) / rate_hz
    level = levels[np.minimum((t * BAUD).astype(int), len(bits) - 1)]
    width = np.sqrt(np.log(2)) / (2 * np.pi * 0.4) * rate_hz / BAUD
    pulse = np.exp(-0.5 * (np.arange(-4 * width, 4 * width + 1) / width) ** 2)
    smooth = np.convolve(level, pulse / pulse.sum(), "same")
    phase = np.cumsum(smooth) * (np.pi / 2) * BAUD / rate_hz + 2 * np.pi * offset_hz * t
    signal: NDArray[np.complex64] = (0.35 * np.exp(1j * phase)).astype(np.complex64)
    return signal


def samples(lines: Iterable[bytes], rate_hz: float, seed: int = 7) -> Iterator[bytes]:
    """Yield each message and a pause, with noise, as unsigned bytes I Q I Q."""
    rng = np.random.Generator(np.random.PCG64(seed))
    pause = np.zeros(round(rate_hz / 100), np.complex64)
    for channel, bits in messages(lines):
        signal = np.concatenate([pause, modulate(frame(bits), rate_hz, OFFSET_HZ[channel]), pause])
        iq = np.column_stack([signal.real, signal.imag]) + rng.normal(0, 0.02, (len(signal), 2))
        yield np.clip(np.round(iq * 127.5 + 127.5), 0, 255).astype(np.uint8).tobytes()


def asked_rate_hz(client: socket.socket, wait_s: float = 0.5) -> int:
    """Return the sample rate that a client asks for (command 2) before it waits for samples."""
    rate_hz = RATE_HZ
    client.settimeout(wait_s)
    try:
        while len(command := client.recv(5, socket.MSG_WAITALL)) == 5:
            kind, value = struct.unpack(">BI", command)
            rate_hz = value if kind == 2 else rate_hz
    except TimeoutError:
        pass
    client.settimeout(None)
    return rate_hz


def serve(client: socket.socket, path: Path) -> None:
    """Play a recording to a client, in real time and again and again, until it leaves."""
    client.sendall(HELLO)
    rate_hz = asked_rate_hz(client)
    print(f"playing {path} at {rate_hz} samples/s", flush=True)
    begun, sent = time.monotonic(), 0
    while True:
        for piece in samples(path.read_bytes().splitlines(), rate_hz):
            client.sendall(piece)
            sent += len(piece) // 2
            time.sleep(max(0.0, begun + sent / rate_hz - time.monotonic()))


def main() -> None:
    asks = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    asks.add_argument("recording", type=Path, help="lines of NMEA; sternlight simulate makes some")
    asks.add_argument("--host", default="127.0.0.1")
    asks.add_argument("--port", type=int, default=1234)
    given = asks.parse_args()
    with socket.create_server((given.host, given.port)) as server:
        print(f"rtlsdr://{given.host}:{server.getsockname()[1]} is ready", flush=True)
        while True:
            client, _ = server.accept()
            try:
                with client:
                    serve(client, given.recording)
            except ConnectionError:
                print("the client has left", flush=True)


if __name__ == "__main__":
    main()
