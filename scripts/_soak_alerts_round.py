"""One round of the post as a process, by a clock that it is given: to be killed at any moment."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from sternlight.alerts.mail_settings import Mail
from sternlight.alerts.post import Round
from sternlight.settings import Settings


def main() -> None:
    asked = json.loads(sys.argv[1])
    begun = time.monotonic()

    def now() -> float:
        return float(asked["t"]) + time.monotonic() - begun

    settings = Settings(mail=Mail(**asked["mail"]))
    Round(Path(asked["folder"]), settings, now=now).run()


if __name__ == "__main__":
    main()
