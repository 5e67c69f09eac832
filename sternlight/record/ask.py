"""From a question to a ship's record, or to those that may be meant; light, to answer at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from anomalies.indicators import Signs
from sternlight.data import data_folder
from sternlight.detections.of_vessel import detections_of
from sternlight.errors import SettingsError
from sternlight.glance import setting
from sternlight.guidance import contacts
from sternlight.jsontext import dumps
from sternlight.record.features import Asked, reach_nmi
from sternlight.record.finding import find
from sternlight.record.read import open_record
from sternlight.record.vessel import Around, record_of, who
from sternlight.text import plain
from tracks.flags import Flags


@dataclass(frozen=True, slots=True)
class Question:
    """Whom somebody asks for."""

    ship: str
    data: Path | None  # the folder with the record; None: as the settings say
    config: Path | None


@dataclass(frozen=True, slots=True)
class Answer:
    """The record of the one ship that was meant, or who may have been meant."""

    asked: str
    ships: list[dict[str, Any]] = field(default_factory=list)
    record: dict[str, Any] | None = None

    @property
    def error(self) -> str:
        """What to say if nobody is meant; "" otherwise."""
        if self.ships or self.record:
            return ""
        return (
            f"sternlight: no ship that was heard is {plain(self.asked)!r}; ask by MMSI, IMO"
            " number, call sign or a part of the name, or see `sternlight vessels`"
        )

    def tell(self, as_json: bool) -> None:
        """Print it."""
        if as_json:
            print(dumps(self.record or {"ships": self.ships}))
            return
        from sternlight.record import show
        from sternlight.screen import put

        put(show.record(self.record) if self.record else show.candidates(self.ships, self.asked))


def ask(question: Question) -> Answer:
    """Answer.  Raises ArchiveError and SettingsError."""
    config = question.config
    folder = question.data or Path(setting(config, "watch", "data", "sternlight-data"))
    own = setting(config, "answers", "contacts", "")
    flags = Flags.load(data_folder() / "flags.csv")
    try:
        signs = Signs(tuple(setting(config, "signs", "flags", [])))
    except ValueError as error:
        raise SettingsError(f"{config}: [signs] {error}") from error
    with open_record(folder) as record:
        found = find(record, question.ship)
        if len(found) != 1:
            return Answer(question.ship, [who(ship, flags) for ship in found])
        lists = bool(setting(config, "watchlists", "files", []))
        asked = Asked(flags, signs, reach_nmi(record), lists)
        around = Around(asked, contacts(Path(own) if own else None))
        told = record_of(record, found[0], around)
        told["detections"] = detections_of(folder, found[0].tracks)
        return Answer(question.ship, record=told)
