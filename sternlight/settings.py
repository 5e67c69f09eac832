"""Settings: every threshold by name, read from TOML, checked before anything begins.

The parts are the folds themselves, whose fields are their settings; so there is
no second list that could differ.  `config/sternlight.toml` explains each.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_type_hints

from anomalies.budget import Alerts
from anomalies.encounter import Encounter
from anomalies.gap import Gap
from anomalies.identity import Identity
from anomalies.indicators import Signs
from anomalies.interference import Interference
from anomalies.listed import Listed
from anomalies.loitering import Loitering
from anomalies.long_voyage import LongVoyage
from receiver.sources.address import BadAddress, parse
from sternlight.alerts.mail_settings import Mail
from sternlight.data import data_folder
from sternlight.errors import SettingsError
from sternlight.setting_values import UnfitError, fit
from tracks.anchorages import Anchoring
from tracks.duplicates import Duplicates
from tracks.identity import Identities
from tracks.points import Resample
from tracks.segment import Segment
from tracks.visits import Visiting

# No result depends on these, and none tells of them.
OF_STATION = ("watch", "mail", "sources", "credits")
TEXTS = ("sources", "credits")  # parts whose names the user chooses


@dataclass(frozen=True, slots=True)
class Answers:
    """What is written into the answers."""

    around_h: float = 6.0
    tracked_events_count: int = 2000
    contacts: str = ""


@dataclass(frozen=True, slots=True)
class Watch:
    """How a station listens and keeps what it hears; no event depends on it."""

    data: str = "sternlight-data"
    places: tuple[str, ...] = ()
    batch_s: float = 1.0
    lateness_s: float = 30.0
    sync_s: float = 20.0
    queue_mb: float = 16.0
    clock_wait_s: float = 300.0
    keep_days: float = 0.0
    keep_free_mb: float = 1000.0
    stop_raw_free_mb: float = 100.0
    status_port: int = 8766

    def __post_init__(self) -> None:
        for name, low, high in (
            ("batch_s", 0.05, 60), ("lateness_s", 0.001, 3600), ("sync_s", 0.05, 3600),
            ("queue_mb", 1, 4096), ("status_port", 0, 65535),
        ):  # fmt: skip
            if not low <= getattr(self, name) <= high:
                raise ValueError(f"{name} must be from {low:g} to {high:g}")


@dataclass(frozen=True, slots=True)
class Watchlists:
    """Files of lists of ships; of those in `authorised` every ship is that and no more."""

    files: tuple[str, ...] = ()
    authorised: tuple[str, ...] = ()

    def beside(self, folder: Path) -> Watchlists:
        """Return the same with paths that begin at `folder`, unless they begin at the root."""
        both = (self.files, self.authorised)
        return Watchlists(*(tuple(str(folder / name) for name in names) for names in both))

    def along_with(self, files: Iterable[str]) -> Watchlists:
        """Return the same with more files."""
        return replace(self, files=(*self.files, *files))

    def names(self) -> dict[str, list[str]]:
        """Return the files without their folders, which results do not tell of."""
        return {part: [Path(name).name for name in names] for part, names in asdict(self).items()}


@dataclass(frozen=True, slots=True)
class Settings:
    """One part for each stage that has settings."""

    duplicates: Duplicates = field(default_factory=Duplicates)
    segment: Segment = field(default_factory=Segment)
    points: Resample = field(default_factory=Resample)
    identities: Identities = field(default_factory=Identities)
    interference: Interference = field(default_factory=Interference)
    anchorages: Anchoring = field(default_factory=Anchoring)
    visits: Visiting = field(default_factory=Visiting)
    gap: Gap = field(default_factory=Gap)
    loitering: Loitering = field(default_factory=Loitering)
    encounter: Encounter = field(default_factory=Encounter)
    identity: Identity = field(default_factory=Identity)
    long_voyage: LongVoyage = field(default_factory=LongVoyage)
    listed: Listed = field(default_factory=Listed)
    watchlists: Watchlists = field(default_factory=Watchlists)
    alerts: Alerts = field(default_factory=Alerts)
    signs: Signs = field(default_factory=Signs)
    answers: Answers = field(default_factory=Answers)
    watch: Watch = field(default_factory=Watch)
    mail: Mail = field(default_factory=Mail)
    sources: dict[str, str] = field(default_factory=dict)  # addresses by name
    credits: dict[str, str] = field(default_factory=dict)  # by name of a source or recording

    def as_dict(self) -> dict[str, dict[str, Any]]:
        """Return every setting by part and name."""
        return asdict(self)

    def of_results(self) -> dict[str, dict[str, Any]]:
        """Return the settings that results depend on, by part and name."""
        told = {p: v for p, v in self.as_dict().items() if p not in OF_STATION}
        return {**told, "watchlists": self.watchlists.names()}


def settings_file() -> Path:
    """Return the annotated file that comes with Sternlight."""
    return data_folder() / "sternlight.toml"


def load(path: Path | None = None) -> Settings:
    """Read settings; those that `path` does not name keep their default.

    Paths of watch lists and of mail's keys begin where the file lies.
    Raises SettingsError, naming all that is wrong with the file at once.
    """
    folder = path.parent if path else Path()
    path = path or settings_file()
    try:
        given = tomllib.loads(path.read_bytes().decode("utf-8"))
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {(error.strerror or '').lower()}") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path} is not UTF-8 text; settings are written in TOML") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path} is not TOML: {error}") from error
    settings = check(given, str(path))
    return replace(
        settings, watchlists=settings.watchlists.beside(folder), mail=settings.mail.beside(folder)
    )


def check(given: Mapping[str, Any], name: str) -> Settings:
    """Turn settings by part and name into Settings; `name` says in errors where they stand."""
    kinds, wrong = _parts(), []
    values: dict[str, dict[str, Any]] = {part: {} for part in kinds}
    for part, named in given.items():
        if part not in (*kinds, *TEXTS):
            wrong.append(_unknown(f"[{part}]", part, [*kinds, *TEXTS]))
        elif not isinstance(named, Mapping):
            wrong.append(f"[{part}] = {named!r}: it should be a part, with settings below it")
        elif part not in TEXTS:
            wrong += _taken(kinds[part], part, named, values[part])
    wrong += _wrong_sources(given.get("sources", {}))
    wrong += _wrong_credits(given.get("credits", {}))
    if wrong:
        raise SettingsError(_together(name, wrong))
    parts: dict[str, Any] = {}
    for part, kind in kinds.items():
        try:
            parts[part] = kind(**values[part])
        except ValueError as error:
            wrong.append(f"[{part}] {error}")
    if wrong:
        raise SettingsError(_together(name, wrong))
    parts |= {part: dict(given.get(part, {})) for part in TEXTS}
    return Settings(**parts)


def _taken(kind: Any, part: str, given: Mapping[str, Any], values: dict[str, Any]) -> Iterator[str]:
    """Put the settings of a part into `values`; yield what is wrong with the others."""
    hints = get_type_hints(kind)
    known = [f.name for f in fields(kind) if f.init]
    for name, value in given.items():
        where = f"[{part}] {name}"
        if name not in known:
            yield _unknown(where, name, known)
            continue
        try:
            values[name] = fit(hints[name], value)
        except UnfitError as error:
            yield f"{where} = {value!r}: {error}"


def _unknown(where: str, name: str, known: list[str]) -> str:
    near = get_close_matches(name, known, n=1, cutoff=0.0)
    return f"{where} is not known; did you mean {near[0]}?"


def _wrong_sources(addresses: Any) -> Iterator[str]:
    """Yield what is wrong with each address; of what is no part at all, others tell."""
    if not isinstance(addresses, Mapping):
        return
    for name, address in addresses.items():
        try:
            parse(fit(str, address), name)
        except UnfitError as error:
            yield f"[sources] {name} = {address!r}: {error}"
        except BadAddress as error:
            yield f"[sources] {name}: {error}"


def _wrong_credits(texts: Any) -> Iterator[str]:
    """Yield which credits are no texts."""
    for name, text in texts.items() if isinstance(texts, Mapping) else ():
        try:
            fit(str, text)
        except UnfitError as error:
            yield f"[credits] {name} = {text!r}: {error}"


def _parts() -> dict[str, Any]:
    return {part: kind for part, kind in get_type_hints(Settings).items() if part not in TEXTS}


def _together(name: str, wrong: list[str]) -> str:
    if len(wrong) == 1:
        return f"{name}: {wrong[0]}"
    return "\n  ".join([f"{name}: {len(wrong)} settings are wrong:", *wrong])
