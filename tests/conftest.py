"""What holds for all tests."""

from __future__ import annotations

import os
import sys

from hypothesis import settings

# How long an example takes says something of the machine, and nothing of the code.
settings.register_profile("sternlight", deadline=None)
settings.load_profile("sternlight")

# Tests start hundreds of programs, each of which would else compile all its modules anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# There is a worker for each core already: more threads would only be in their way.
for library in ("OMP", "OPENBLAS"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")
