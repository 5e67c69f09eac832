"""How fast a serial line speaks: told by whether what is heard are sound sentences.

Whatever is sent arrives as bytes at any rate, at a wrong one as noise.  So a rate is
left for what was heard at it and never for silence: a receiver that says one
sentence in a minute costs one sentence for each wrong guess, and a busy one a
fraction of a second.
"""

from __future__ import annotations

import re
from functools import reduce
from operator import xor

# 38,400 is the rate of AIS (IEC 61162-2), 4,800 that of other instruments (IEC 61162-1).
RATES = (38400, 4800, 9600, 115200, 57600, 19200, 230400)
# Without a pause, so much is needed to tell noise: who begins to listen in the middle of a
# line that never rests takes the wrong bits for the beginnings of letters for a while, also
# at the right rate.  256 bytes condemn it in 6 of 180 trials, 512 in 3 (simulated).
ENOUGH_BYTES = 512
FEW_BYTES = 4  # less is a spark, at a plug or a switch
NOISE_SHARE = 0.1
# Sentences cut off, a greeting, text that is not NMEA: in so much there is one, or never.
TEXT_BYTES = 2048

_SENTENCE = re.compile(rb"[!$]([A-Z]{2}[A-Z0-9]{3},[ -)+-~]{4,400})\*([0-9A-F]{2})\r?\n")
_NOISE = bytes(set(range(256)) - set(range(32, 127)) - {*b"\t\r\n"})


def sound(heard: bytes) -> bool:
    """Return whether a whole sentence with its checksum is among the bytes."""
    return any(reduce(xor, found[1]) == int(found[2], 16) for found in _SENTENCE.finditer(heard))


def wrong(heard: bytes, pause: bool) -> bool:
    """Return whether these bytes, none of them a sound sentence, speak against the rate.

    `pause` tells that nothing has followed for a while.
    """
    if len(heard) < (FEW_BYTES if pause else ENOUGH_BYTES):
        return False
    noise_count = len(heard) - len(heard.translate(None, _NOISE))
    return noise_count > NOISE_SHARE * len(heard) or len(heard) >= TEXT_BYTES
