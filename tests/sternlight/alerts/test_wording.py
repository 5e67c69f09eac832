from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sternlight.alerts.wording import UNCLEAR, Command, understood

CODE = "abcde-fghi2"
TOKEN = "abcdefghijklmnopqrstuvwxyz"


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("yes", Command("confirm")),
        ("Yes.", Command("confirm")),
        (f"Confirm {CODE.upper()}", Command("confirm", proof="abcdefghi2")),
        ("yes abcde fghi2", Command("confirm", proof="abcdefghi2")),
        ("OK!", Command("acknowledge")),
        ("Ok, thanks.", Command("acknowledge")),
        ("acknowledge", Command("acknowledge")),
        ("Snooze", Command("snooze")),
        ("snooze 14 days", Command("snooze", 14)),
        ("Snooze for 2 weeks please", Command("snooze", 14)),
        ("snooze 1 week", Command("snooze", 7)),
        ("snooze 7d", Command("snooze", 7)),
        ("snooze 9999 weeks", Command("snooze", 365)),
        ("pause", Command("pause")),
        ("Pause 3 weeks", Command("pause", 21)),
        ("Resume", Command("resume")),
        ("*STOP*", Command("stop")),
        ("“stop”", Command("stop")),
        ("Please unsubscribe", Command("stop")),
        (f"stop {TOKEN}", Command("stop", proof=TOKEN)),
        ("help", Command("help")),
        ("dismiss it is the pilot boat", Command("dismiss", says="it is the pilot boat")),
        ("Dismissed: a survey ship", Command("dismiss", says="a survey ship")),
        ("dismiss", Command("dismiss")),
    ],
)
def test_a_line_that_is_a_command_is_understood(line: str, command: Command) -> None:
    assert understood(line) == command


@pytest.mark.parametrize(
    "line",
    [
        "",
        "stop snoozing the other ship",
        "do not stop",
        "yes but only at night",
        "snooze 0 days",
        "resume 3 days",
        "ok 3",
        "snooze -3 days",
        "pause 99999 days",
        "impossible",
        "I am away until Monday",
        f"snooze {TOKEN}",
        "dismissal",
    ],
)
def test_a_line_with_anything_else_in_it_is_no_command(line: str) -> None:
    assert understood(line) == UNCLEAR


@given(st.text(max_size=40), st.sampled_from(["snooze", "pause", "stop", "yes", "dismiss", "ok"]))
def test_any_line_is_understood_or_not(line: str, word: str) -> None:
    for written in (line, f"{word} {line}", f"{line} {word}"):
        command = understood(written)
        assert command.days is None or 0 < command.days <= 365
        assert command == understood(f"  {written}\t")
