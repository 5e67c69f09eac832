"""The data files that come with Sternlight."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tracks.places import Places

NO_PLACES = "none"


def data_folder() -> Path:
    """Return the folder `config`: inside the package when installed, beside it in a checkout."""
    package = Path(__file__).resolve().parent
    installed = package / "config"
    return installed if installed.is_dir() else package.parent / "config"


def load_places(given: Sequence[str]) -> Places:
    """Return the places that come with Sternlight and those of the files `given`.

    "none" alone stands for no places at all.  Raises PlacesError.
    """
    # Here, since commands that ask for one ship need no places and must answer at once.
    from sternlight.geopackage import drawn
    from tracks.places import Places

    if list(given) == [NO_PLACES]:
        return Places.none()
    return Places.load(data_folder() / "places", [Path(path) for path in given], drawn)
