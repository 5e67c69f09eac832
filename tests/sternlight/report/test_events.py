"""Stories without what is withheld."""

from __future__ import annotations

import pytest

from sternlight.evidence.redaction import NOTHING, Redaction
from sternlight.evidence.shared_copy import SharedCopy
from sternlight.report.events import withheld
from sternlight.telling.story_json import story_json
from tests.sternlight.alerts.stories import story


def row() -> dict[str, object]:
    """Return the row of events.jsonl of a story whose sentences name its ships."""
    one = story()
    told = story_json(one)
    says = [{"name": "x", "weight": 1.0, "says": "WALNUT met 576900002 off Dakar, 22 nmi out."}]
    return told | {
        "for": says, "against": says, "caveats": ["Vole was silent"], "mmsis": [477900001],
        "tracks": ["477900001.1"], "lines": [],
    }  # fmt: skip


def test_no_sentence_names_a_ship_whose_name_is_withheld() -> None:
    copy = SharedCopy(Redaction(names=True))
    told = withheld(story(), row(), copy)
    text = str((told.reasons, told.objections, told.caveats, [s.name for s in told.ships]))
    for name in ("WALNUT", "576900002", "Vole", "VOLE"):
        assert name not in text
    assert told.ships[0].imo is None
    assert told.evidence == ()
    assert "477900001" not in told.event


@pytest.mark.parametrize("redaction", [Redaction(positions_nmi=30), Redaction(times_h=24)])
def test_what_is_not_withheld_is_told(redaction: Redaction) -> None:
    told = withheld(story(), row(), SharedCopy(redaction))
    assert [ship.name for ship in told.ships] == ["WALNUT", "VOLE"]
    assert (told.lat == 15.0) == bool(redaction.times_h)
    assert (told.start == story().start) == bool(redaction.positions_nmi)


def test_nothing_withheld_is_the_story_itself() -> None:
    one = story()
    assert withheld(one, row(), SharedCopy(NOTHING)) is one
