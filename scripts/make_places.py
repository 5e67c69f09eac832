r"""Make the data files of config/places again from the published packages.

    npm pack world-atlas@2.0.2 sea-ports@0.0.9
    pip download --no-deps --no-binary :all: searoute==1.6.0
    .venv/bin/python scripts/make_places.py \
        world-atlas-2.0.2.tgz sea-ports-0.0.9.tgz searoute-1.6.0.tar.gz

Takes a minute and 1 GB.  The same packages give the same files, to the byte with
the same zlib.  docs/places.md says what is in them, how it was chosen and why.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import sys
import tarfile
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from places_coast import rings, signed_nmi
from places_outline import outline

from sternlight.report import coast
from tracks.batch import F64
from tracks.geodesy import NMI_M, distance_m
from tracks.places import PORTS_FILE, SHORE_FILE
from tracks.shore import COLUMNS, NODES_PER_DEGREE, ROWS, save

FOLDER = Path(__file__).resolve().parents[1] / "config" / "places"
MEMBERS = {  # what is read from each package, and the SHA-256 of the version described
    "world-atlas": (
        "package/land-10m.json",
        "9b9f584709c119d63fbadf484ce425260497697b7166be7a2fe360e8c0b171a8",
    ),
    "sea-ports": (
        "package/lib/ports.json",
        "cd3066acb3086a2e16b985d5ce71d5862400e0ac2ba62e52c8b55f8d0be97566",
    ),
    "searoute": (
        "searoute-1.6.0/searoute/data/ports.geojson",
        "8398cb9554a19cf37f53f932f3842f58fbd94fce4c8e2704c3f5a4205ea5977e",
    ),
}

# Codes of countries that no longer are, and countries filed under another's code.
CODES = {"CS": "RS", "Turkmenistan": "TM", "Ukraine": "UA", "Ireland": "IE", "Panama": "PA"}
WRONG = {
    "USWBG",  # Woodbridge, New Jersey, put into the open Atlantic
    "SEVBY",  # Visby on Gotland, put into the Kattegat
    "AUTR0",  # Torres Strait, put 400 nmi south of it
}

OFFSHORE_NMI = 3.0  # a coarse position farther at sea than this is a mistake
INLAND_NMI = 15.0  # a coarse position farther inland is a town, not a port
ADD_COAST_NMI = 3.0  # sea-ports, whose positions are often wrong, must lie this near the coast,
ADD_APART_NMI = 3.0  # this far from ports known already,
ADD_COUNTRY_NMI = 300.0  # and this near one of the same country, if any port is


class Port(NamedTuple):
    """A port; `coarse` where its position was given in whole minutes."""

    name: str
    country: str
    lat: float
    lon: float
    coarse: bool = False


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("packages", nargs=3, type=Path, metavar="PACKAGE")
    parser.add_argument("--out", type=Path, default=FOLDER)
    options = parser.parse_args()
    text = dict(map(member, options.packages))
    options.out.mkdir(parents=True, exist_ok=True)

    coast_rings = rings(text["world-atlas"])
    field = signed_nmi(coast_rings)
    save(options.out / SHORE_FILE, field)
    coast.save(options.out / coast.FILE, outline(coast_rings))
    ports = sound(searoute_ports(text["searoute"]), field)
    added = additions(sea_ports(text["sea-ports"]), ports, field)
    write(options.out / PORTS_FILE, [*ports, *added])
    print(f"{len(ports)} ports of searoute and {len(added)} of sea-ports")


def member(package: Path) -> tuple[str, str]:
    """Return which package a file is, and the text that is wanted from it."""
    name = next((n for n in MEMBERS if package.name.startswith(n)), None)
    if name is None:
        sys.exit(f"{package} is none of {', '.join(MEMBERS)}")
    path, expected = MEMBERS[name]
    with tarfile.open(package) as archive:
        data = archive.extractfile(path)
        if data is None:
            sys.exit(f"{package} has no {path}")
        content = data.read()
    if hashlib.sha256(content).hexdigest() != expected:
        print(f"{package}: {path} is not the version that docs/places.md describes")
    return name, content.decode("utf-8")


def searoute_ports(text: str) -> list[Port]:
    """Return the ports of searoute's table, whole minutes read as such."""
    rows = [
        (f["properties"]["name"], f["properties"]["port"], f["properties"]["cty"],
         *f["geometry"]["coordinates"])
        for f in json.loads(text)["features"]
    ]  # fmt: skip
    codes: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for _, code, country, _, _ in rows:
        codes[country][code[:2]] += 1
    ports = []
    for name, code, country, lon, lat in rows:
        if code in WRONG:
            continue
        usual = codes[country].most_common(1)[0][0]
        coarse = all(abs(v * 100 - round(v * 100)) < 1e-6 for v in (lon, lat))
        if coarse and all(abs(v) % 1 < 0.595 for v in (lon, lat)):
            lat, lon = from_minutes(lat), from_minutes(lon)
        ports.append(
            Port(plain(name), CODES.get(country, CODES.get(usual, usual)), lat, lon, coarse)
        )
    return ports


def from_minutes(value: float) -> float:
    """Read 50.16 as 50 degrees 16 minutes."""
    degrees = int(abs(value))
    return float(np.copysign(degrees + round((abs(value) - degrees) * 100) / 60, value))


def sea_ports(text: str) -> list[Port]:
    """Return the ports of sea-ports that have a position."""
    return [
        Port(plain(port["name"]), code[:2], port["coordinates"][1], port["coordinates"][0])
        for code, port in json.loads(text).items()
        if "coordinates" in port and abs(port["coordinates"][1]) <= 90
    ]


def plain(name: str) -> str:
    """Return a name in Latin letters without accents, with single blanks."""
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return " ".join(letters.split())


def sound(ports: list[Port], field: F64) -> list[Port]:
    """Leave out airports, towns far inland, and positions far at sea that were only coarse."""
    off = sea_nmi(field, ports)
    return [
        port
        for port, nmi in zip(ports, off, strict=True)
        if " Apt" not in port.name and (not port.coarse or -INLAND_NMI < nmi < OFFSHORE_NMI)
    ]


def additions(others: list[Port], ports: list[Port], field: F64) -> list[Port]:
    """Return those of `others` that are credible and not among `ports`."""
    lat, lon = positions(ports)
    country = np.array([port.country for port in ports])
    known = {(port.country, port.name) for port in ports}
    added: list[Port] = []
    for port, nmi in zip(others, sea_nmi(field, others), strict=True):
        away_nmi = distance_m(port.lat, port.lon, lat, lon) / NMI_M
        nearby = country[away_nmi < ADD_COUNTRY_NMI]
        new = all(
            distance_m(port.lat, port.lon, p.lat, p.lon) > ADD_APART_NMI * NMI_M for p in added
        )
        at_home = port.country in nearby or not len(nearby)
        new &= (port.country, port.name) not in known and " Apt" not in port.name
        if abs(nmi) < ADD_COAST_NMI and away_nmi.min() > ADD_APART_NMI and at_home and new:
            added.append(port)
    return added


def sea_nmi(field: F64, ports: list[Port]) -> F64:
    """Return how far at sea (above 0) or inland (below) ports lie, between nodes."""
    lat, lon = positions(ports)
    y, x = (lat + 90) * NODES_PER_DEGREE, (lon + 180) * NODES_PER_DEGREE
    row, column = np.minimum(y.astype(int), ROWS - 2), x.astype(int)
    north, east = y - row, x - column
    low, high = (
        field[r, column % COLUMNS] * (1 - east) + field[r, (column + 1) % COLUMNS] * east
        for r in (row, row + 1)
    )
    return np.asarray(low * (1 - north) + high * north)


def positions(ports: Iterable[Port]) -> tuple[F64, F64]:
    lat, lon = np.array([(port.lat, port.lon) for port in ports]).T
    return lat, lon


def write(path: Path, ports: list[Port]) -> None:
    rows = sorted({(p.country, p.name, f"{p.lat:.4f}", f"{p.lon:.4f}") for p in ports})
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["name", "country", "lat", "lon"])
        table.writerows((name, country, lat, lon) for country, name, lat, lon in rows)


if __name__ == "__main__":
    main()
