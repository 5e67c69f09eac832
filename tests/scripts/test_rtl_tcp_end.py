"""The rtl_tcp server's radio signal, demodulated by other means than it was made with."""

from __future__ import annotations

import re
import socket
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np

from receiver.sources.simulator import Simulation

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "rtl_tcp_end.py"


def sentences(count: int) -> list[bytes]:
    lines = b"".join(Simulation(hours=0.5, bad_checksum_share=0, duplicate_share=0).lines())
    return [line.rpartition(b"\\")[2] for line in lines.splitlines()[1:]][:count]


def demodulate(iq: np.ndarray, rate_hz: float, offset_hz: float) -> list[str]:
    """Return the payload bits of each frame with a good CRC: an FM discriminator, no more."""
    turn = np.exp(-2j * np.pi * offset_hz * np.arange(len(iq)) / rate_hz)
    width = round(rate_hz / 9600 * 0.8)
    base = np.convolve(iq * turn, np.ones(width) / width, "same")
    speed = np.angle(base[1:] * np.conj(base[:-1]))
    found = []
    for phase in np.arange(0, 1, 0.125):
        at = ((np.arange(int(len(speed) * 9600 / rate_hz) - 1) + phase) * rate_hz / 9600).astype(
            int
        )
        level = speed[at] > 0
        text = "".join("1" if same else "0" for same in level[1:] == level[:-1])
        for body in re.findall("01111110(?=((?:(?!111111).)*?)01111110)", text):
            plain = body.replace("111110", "11111")
            if len(plain) % 8 or len(plain) < 56:
                continue
            octets = bytes(int(plain[i : i + 8][::-1], 2) for i in range(0, len(plain), 8))
            if slow_crc(octets[:-2]) == struct.unpack("<H", octets[-2:])[0]:
                found.append("".join(f"{octet:08b}" for octet in octets[:-2]))
    return sorted(set(found))


def slow_crc(octets: bytes) -> int:
    """CRC-16/X-25 by long division of polynomials, bit by bit."""
    bits = [int(b) for octet in octets for b in f"{octet:08b}"[::-1]] + [0] * 16
    for i in range(16):
        bits[i] ^= 1
    for i in range(len(bits) - 16):
        if bits[i]:
            for power in (0, 4, 11, 16):
                bits[i + power] ^= 1
    rest = "".join(str(1 - b) for b in bits[-16:])
    return int(rest[::-1], 2)


def armoured(bits: str) -> bytes:
    """Return bits as the letters of a sentence (IEC 61162-1), as many as are full."""
    codes = [int(bits[i : i + 6], 2) for i in range(0, len(bits) - len(bits) % 6, 6)]
    return bytes(code + (48 if code < 40 else 56) for code in codes)


def test_what_is_played_at_the_rate_asked_for_can_be_demodulated(tmp_path: Path) -> None:
    rate_hz = 240_000
    lines = [line for line in sentences(60) if len(line.split(b",")[5]) == 28][:12]
    assert {line.split(b",")[4] for line in lines} == {b"A", b"B"}
    path = tmp_path / "sea.nmea"
    path.write_bytes(b"\n".join(lines) + b"\n")
    command = [sys.executable, str(SCRIPT), str(path), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        port = int(server.stdout.readline().split()[0].rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port)) as client:
            assert client.recv(12, socket.MSG_WAITALL) == b"RTL0\0\0\0\5\0\0\0\x1d"
            for kind, value in ((5, 2), (2, rate_hz), (1, 162_000_000)):
                client.sendall(struct.pack(">BI", kind, value))
            data = client.recv(2 * int(rate_hz * 0.7), socket.MSG_WAITALL)
        server.kill()
    pairs = np.frombuffer(data, np.uint8).astype(float).reshape(-1, 2) - 127.5
    iq = pairs[:, 0] + 1j * pairs[:, 1]
    got = demodulate(iq, rate_hz, -25_000) + demodulate(iq, rate_hz, 25_000)
    assert {armoured(bits) for bits in got} == {line.split(b",")[5] for line in lines}
