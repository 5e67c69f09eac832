"""What a vessel has claimed to be, and since when.

Every word of it is typed in by somebody on board, or left as it was delivered.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Claims:
    """What an MMSI claims to be at one time; "" and 0 where it has not said."""

    name: str = ""
    call_sign: str = ""
    imo: int = 0
    ship_type: int = 0  # the raw number; `tracks.ship_types` has words for it
    length_m: int = 0
    beam_m: int = 0
    destination: str = ""
