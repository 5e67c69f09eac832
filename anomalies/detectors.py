"""The detectors there are, by the kind of event they find."""

from __future__ import annotations

from anomalies.detector import Detector
from anomalies.encounter import Encounter
from anomalies.event import Kind
from anomalies.gap import Gap
from anomalies.identity import Identity
from anomalies.interference import Interference
from anomalies.loitering import Loitering

DETECTORS: dict[Kind, type[Detector]] = {
    "interference": Interference,  # first, since it silences the others
    "gap": Gap,
    "loitering": Loitering,
    "encounter": Encounter,
    "identity": Identity,
}
