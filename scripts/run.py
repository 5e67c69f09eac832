"""Set up Sternlight and replay recorded AIS: the shortest way to a ranking of ships.

    python3 scripts/run.py                          a small simulated recording
    python3 scripts/run.py FILE... [OPTION...]      your own recordings

The first start makes the folder .venv beside this one and installs Sternlight
there; nothing else on the computer is touched.  Everything behind run.py goes
to `sternlight replay`, whose options `.venv/bin/sternlight replay --help` lists.
Unless you say --out FOLDER, the results go into sternlight-results/ in the
folder you are in.
"""

from __future__ import annotations

import os
import sys

import _environment


def main(arguments: list[str]) -> int:
    if arguments in (["-h"], ["--help"]):
        print(__doc__)
        return 0
    try:
        sternlight = _environment.program("sternlight")
    except _environment.CannotSetUp as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Stopped during the set-up; the next start begins it anew.", file=sys.stderr)
        return 130
    os.execve(sternlight, ["sternlight", "replay", *arguments], _environment.clean_environ())


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
