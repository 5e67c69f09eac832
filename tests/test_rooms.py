"""Which room may import and do what: the table of docs/design.md, held against the code."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from receiver.sources.simulator import Simulation

ROOT = Path(__file__).resolve().parents[1]


class May(NamedTuple):
    """What the files of a folder may import besides their own room and the pure standard library.

    A name stands for a package with all its modules, unless it has a dot.
    """

    anywhere: frozenset[str]
    in_functions: frozenset[str] = frozenset()
    outside: bool = False  # may touch clocks, disks, sockets, threads, chance


SHELL = {"anomalies", "click", "numpy", "receiver", "rich", "tracks"}
ROOMS = {  # the longest folder that fits a file counts
    "tracks": May(frozenset({"numpy", "shapely"}), frozenset({"scipy", "sklearn"})),
    "receiver": May(frozenset({"numpy", "tracks", "pyais"})),
    "receiver/formats": May(frozenset({"numpy", "tracks", "pyais"}), frozenset({"pyarrow"})),
    "receiver/sources": May(
        frozenset({"numpy", "tracks"}),
        frozenset({"paho", "serial", "websockets", "zstandard"}),
        outside=True,
    ),
    "anomalies": May(frozenset({"numpy", "tracks", "scipy.spatial"})),
    "sternlight": May(
        frozenset(SHELL),
        frozenset(
            """PIL cryptography geopandas jinja2 matplotlib opentimestamps pandas pyais pyarrow
            pyogrio pysequoia rfc3161_client scipy shapely sklearn zstandard""".split()  # noqa: SIM905
        ),
        outside=True,
    ),
}

# Ways out of a pure function.  `datetime` is not among them, its now() is (see CLOCKS); nor
# is `pathlib`, since a file of places may be read whose path the shell has given.
OUTSIDE = frozenset(
    """asyncio concurrent ctypes fcntl ftplib getpass glob http locale logging mmap
    multiprocessing os pty queue random sched secrets select selectors shelve shutil
    signal smtplib socket socketserver sqlite3 ssl subprocess tempfile threading time urllib
    uuid webbrowser""".split()  # noqa: SIM905 - one word a line would fill a screen
)
PURE = frozenset({"urllib.parse"})  # of packages that are not
CLOCKS = frozenset({"now", "today", "utcnow"})
SCREEN_AND_DISK = frozenset({"input", "open", "print"})

WATCHED_REPLAY = """
import sys
from sternlight.cli import main
try:
    main(["replay", *sys.argv[1:]])
finally:
    print(*sorted(sys.modules), file=sys.stderr)
"""

FILES = sorted(p for room in ("anomalies", "receiver", "sternlight", "tracks")
               for p in (ROOT / room).rglob("*.py"))  # fmt: skip
EVERY_FILE = pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))


@EVERY_FILE
def test_a_room_imports_only_what_it_may(path: Path) -> None:
    room = path.relative_to(ROOT).parts[0]
    may = rules(path)
    at_home = {room, *sys.stdlib_module_names}
    for name, in_function in imports(parsed(path)):
        if name.partition(".")[0] in at_home:
            continue
        allowed = may.anywhere | (may.in_functions if in_function else frozenset())
        where = "inside a function" if in_function else "at module level"
        assert covers(allowed, name), f"{path} imports {name} {where}; see docs/design.md, Rooms"


@EVERY_FILE
def test_only_the_shell_and_the_sources_touch_the_world_outside(path: Path) -> None:
    if rules(path).outside:
        return
    tree = parsed(path)
    names = {name.partition(".")[0] for name, _ in imports(tree) if name not in PURE}
    assert not names & OUTSIDE, f"{path} imports {sorted(names & OUTSIDE)}"
    called = {
        name for node in ast.walk(tree) if isinstance(node, ast.Call) for name in [callee(node)]
    }
    assert not called & CLOCKS, f"{path} asks a clock: {sorted(called & CLOCKS)}"
    assert not called & SCREEN_AND_DISK, f"{path} calls {sorted(called & SCREEN_AND_DISK)}"
    assert not uses_chance(tree), f"{path} uses numpy.random"


@EVERY_FILE
def test_imports_are_absolute(path: Path) -> None:
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}:{node.lineno} imports relative to its own folder"


def test_scripts_and_tests_are_never_imported_by_a_room() -> None:
    for path in FILES:
        names = {name.partition(".")[0] for name, _ in imports(parsed(path))}
        assert not names & {"scripts", "tests", *(p.stem for p in (ROOT / "scripts").glob("*.py"))}


def test_config_holds_data_only() -> None:
    assert not list((ROOT / "config").rglob("*.py"))


def test_the_design_names_what_each_room_may_import() -> None:
    rows = [line.split("|") for line in (ROOT / "docs/design.md").read_text("utf-8").splitlines()]
    may = {row[1].strip().strip("`/"): row[3] for row in rows if len(row) == 5}
    for folder, rule in ROOMS.items():
        room = folder.partition("/")[0]
        if room != "sternlight":
            for name in rule.anywhere | rule.in_functions:
                assert name in may[room] or rule.outside, f"{folder} may import {name}"
    assert "nobody imports it" in may["sternlight"]


def test_a_replay_of_nmea_stays_light(tmp_path: Path) -> None:
    """A Raspberry Pi has no memory to spare for libraries that this run does not need."""
    recording = tmp_path / "sea.nmea"
    recording.write_bytes(b"".join(Simulation(hours=1, vessels=5).lines()))
    out = str(tmp_path / "out")
    done = subprocess.run(
        [sys.executable, "-c", WATCHED_REPLAY, str(recording), "--out", out],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    loaded = set(done.stderr.split())
    assert "numpy" in loaded
    assert not loaded & {"geopandas", "pandas", "pyarrow", "pyogrio", "sklearn"}


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("import numpy as np", [("numpy", False)]),
        ("from scipy.spatial import cKDTree", [("scipy.spatial", False)]),
        ("def f():\n  import pyarrow.csv", [("pyarrow.csv", True)]),
        ("class A:\n  import pandas", [("pandas", False)]),
        ("if TYPE_CHECKING:\n  import pandas", []),
    ],
)
def test_imports_are_found_where_they_take_effect(code: str, found: list[tuple[str, bool]]) -> None:
    assert list(imports(ast.parse(code))) == found


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def rules(path: Path) -> May:
    """Return what the file at `path` may do."""
    name = str(path.relative_to(ROOT).parent)
    return ROOMS[max((r for r in ROOMS if f"{name}/".startswith(f"{r}/")), key=len)]


def covers(allowed: frozenset[str], name: str) -> bool:
    return any(name == a or name.startswith(f"{a}.") for a in allowed)


def imports(node: ast.AST, in_function: bool = False) -> Iterator[tuple[str, bool]]:
    """Yield each imported module and whether its import waits for a function to be called."""
    if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
        return  # read by type checkers only
    if isinstance(node, ast.Import):
        yield from ((alias.name, in_function) for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module:
        yield node.module, in_function
    in_function = in_function or isinstance(node, ast.FunctionDef | ast.Lambda)
    for child in ast.iter_child_nodes(node):
        yield from imports(child, in_function)


def callee(call: ast.Call) -> str:
    """Return the called name: `now` for datetime.now(), `open` for open() but not path.open()."""
    match call.func:
        case ast.Name(id=name):
            return name
        case ast.Attribute(attr=name) if name in CLOCKS:
            return name
    return ""


def uses_chance(tree: ast.AST) -> bool:
    return any(
        isinstance(node, ast.Attribute)
        and node.attr == "random"
        and isinstance(node.value, ast.Name)
        and node.value.id in ("np", "numpy")
        for node in ast.walk(tree)
    )
