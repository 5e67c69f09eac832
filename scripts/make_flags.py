r"""Make config/flags.csv again from the published packages.

    npm pack mmsi-country-lookup@1.0.2 i18n-iso-countries@7.14.0
    .venv/bin/python scripts/make_flags.py \
        mmsi-country-lookup-1.0.2.tgz i18n-iso-countries-7.14.0.tgz

docs/tracks.md says where the facts come from and what was changed.
"""

from __future__ import annotations

import csv
import json
import sys
import tarfile
from pathlib import Path
from typing import Any

TABLE = Path(__file__).resolve().parents[1] / "config" / "flags.csv"

# Where ISO 3166 has a code of its own for a group of islands, or the MID is shared.
CODES = {"306": "CW", "608": "SH"}

NAMES_OF_MIDS = {
    "204": "Portugal (Azores)",
    "255": "Portugal (Madeira)",
    "303": "United States (Alaska)",
    "306": "Curaçao, Sint Maarten or Caribbean Netherlands",
    "501": "French Southern Territories (Adélie Land)",
    "607": "French Southern Territories (Saint Paul and Amsterdam)",
    "608": "Ascension Island",
    "618": "French Southern Territories (Crozet)",
    "635": "French Southern Territories (Kerguelen)",
}

SHORTER_NAMES = {
    "AE": "United Arab Emirates",
    "BN": "Brunei",
    "CD": "Democratic Republic of the Congo",
    "CG": "Republic of the Congo",
    "CI": "Côte d'Ivoire",
    "CN": "China",
    "CZ": "Czechia",
    "FK": "Falkland Islands",
    "FM": "Micronesia",
    "GB": "United Kingdom",
    "GM": "Gambia",
    "IR": "Iran",
    "KR": "South Korea",
    "LA": "Laos",
    "MD": "Moldova",
    "MK": "North Macedonia",
    "NL": "Netherlands",
    "PN": "Pitcairn Islands",
    "PS": "Palestine",
    "RE": "Réunion",
    "RU": "Russia",
    "SY": "Syria",
    "TR": "Türkiye",
    "TW": "Taiwan",
    "TZ": "Tanzania",
    "US": "United States",
    "VA": "Vatican City",
    "VG": "British Virgin Islands",
    "VI": "United States Virgin Islands",
}


def member(package: str, name: str) -> dict[str, Any]:
    with tarfile.open(package) as archive:
        file = archive.extractfile(name)
        if file is None:
            raise SystemExit(f"{package} has no {name}; take the version named above")
        return dict(json.load(file))


def main(mids_package: str, names_package: str) -> None:
    mids = member(mids_package, "package/lib/mids.json")
    names = member(names_package, "package/langs/en.json")["countries"]
    with TABLE.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["mid", "country", "name"])
        for mid, (code, *_) in sorted(mids.items()):
            code = CODES.get(mid, code)
            name = NAMES_OF_MIDS.get(mid) or SHORTER_NAMES.get(code) or names[code]
            table.writerow([mid, code, name])


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    main(*sys.argv[1:])
