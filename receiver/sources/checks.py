"""What the settings of live sources have in common to be wrong, each as a complaint or ""."""

from __future__ import annotations

from difflib import get_close_matches

from receiver.formats import LIVE_FORMATS


def refuse(*complaints: str) -> None:
    """Raise a ValueError that names every complaint, if there is one."""
    wrong = [complaint for complaint in complaints if complaint]
    if wrong:
        raise ValueError("; ".join(wrong))


def bad_format(name: str) -> str:
    """Complain if no format that can be read line by line is called so."""
    if name in LIVE_FORMATS:
        return ""
    near = get_close_matches(name.lower(), LIVE_FORMATS, 1, cutoff=0.4)
    hint = f"; did you mean {near[0]}?" if near else ""
    return f"format is {name!r}; choose from {', '.join(LIVE_FORMATS)}{hint}"


def bad_port(port: int) -> str:
    """Complain if a TCP or UDP port cannot have this number."""
    return "" if 1 <= port <= 65535 else f"port is {port}; it must be from 1 to 65535"


def bad_host(host: str) -> str:
    """Complain if neither a computer nor a network card can be called so."""
    try:
        host.encode("idna")  # as the look-up will do, which raises this error too
    except UnicodeError:
        return f"host is {host!r}, which cannot be a name; give one like ais.example or 192.0.2.7"
    return ""
