"""The detectors there are, by the kind of event they find."""

from __future__ import annotations

from anomalies.detector import Detector
from anomalies.encounter import Encounter
from anomalies.event import Kind
from anomalies.gap import Gap
from anomalies.identity import Identity
from anomalies.interference import Interference
from anomalies.listed import Listed
from anomalies.loitering import Loitering
from anomalies.long_voyage import LongVoyage

DETECTORS: dict[Kind, type[Detector]] = {
    "interference": Interference,  # first, since it silences the others
    "gap": Gap,
    "loitering": Loitering,
    "encounter": Encounter,
    "identity": Identity,
    "long_voyage": LongVoyage,
    "listed": Listed,  # hears what `encounter` told
}

# Detectors that measure an open event at a moment of its own and tell it then, so that it says the
# same however the stream was cut.  Of the others a reader asks how it stands.
MEASURED_ONCE: frozenset[Kind] = frozenset({"gap"})
