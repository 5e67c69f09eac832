"""The messages that carry neither a ship's position nor its identity, decoded by pyais."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import Any

import numpy as np

from receiver.decoded import Rare
from receiver.decoder import LAST_TYPE, Payloads
from receiver.messages import LAYOUTS

_KNOWN = np.isin(np.arange(64), [0, *LAYOUTS]) | (np.arange(64) > LAST_TYPE)


def decode_rare(p: Payloads) -> Iterator[Rare]:
    """Yield what pyais makes of each message of the other types; nothing where it fails.

    Of messages in several parts, the characters that the assembler kept are read.
    """
    from pyais import decode
    from pyais.exceptions import AISBaseException

    for i in np.flatnonzero(~_KNOWN[p.type]):
        at = int(p.at[i])
        payload = p.bytes[at : at + int(p.length[i])].tobytes()
        try:
            message = decode(b"!AIVDM,1,1,,A,%b,%d*00" % (payload, p.fill[i]))
        except (AISBaseException, ValueError, IndexError):
            continue
        fields = {name: _plain(value) for name, value in message.asdict().items()}
        yield Rare(float(p.t[i]), int(p.line[i]), int(p.type[i]), int(message.mmsi), fields)


def _plain(value: Any) -> Any:
    """Turn what pyais returns into what JSON knows."""
    if isinstance(value, Enum):
        return value.value
    return value.hex() if isinstance(value, bytes) else value
