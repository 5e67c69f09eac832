"""When something that could not be handed over is tried again.

RFC 5321, 4.5.4.1: tries at least half an hour apart in the long run, and four to five days
before one gives up.  The first are closer: a server that greylists takes the second try.
"""

from __future__ import annotations

from hashlib import sha256

H = 3600.0
# After the first try, the second, ...; 24 waits that are five days together, less two hours.
WAITS_S = (60.0, 300.0, 900.0, H, 3 * H, *(6 * H,) * 19)
SPREAD_SHARE = 0.1  # waits are longer by up to so much, lest all letters come back at once
BLOCKED_S = (60.0, 300.0, 900.0, 1800.0)


def next_try(t: float, tries_count: int, token: str) -> float | None:
    """Return when to try again what failed at Unix time `t` for the n-th time; None: give up.

    It depends on nothing else, so a restart changes nothing.
    """
    if tries_count > len(WAITS_S):
        return None
    digest = sha256(f"{token} {tries_count}".encode()).digest()
    share = int.from_bytes(digest[:4], "big") / 2**32
    return t + WAITS_S[max(tries_count, 1) - 1] * (1 + SPREAD_SHARE * share)


def wait_s(tries_count: int) -> float:
    """Return how long everything waits that goes a way that was blocked n times in a row.

    There is no giving up: an Internet that was away for a month comes back.
    """
    return BLOCKED_S[min(max(tries_count, 1), len(BLOCKED_S)) - 1]
