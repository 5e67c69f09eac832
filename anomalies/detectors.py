"""The detectors there are, by the kind of event they find."""

from __future__ import annotations

from anomalies.detector import Detector
from anomalies.encounter import Encounter
from anomalies.event import Kind
from anomalies.gap import Gap
from anomalies.loitering import Loitering

DETECTORS: dict[Kind, type[Detector]] = {
    "gap": Gap,
    "loitering": Loitering,
    "encounter": Encounter,
}
