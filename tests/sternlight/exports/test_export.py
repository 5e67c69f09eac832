"""Exports as other programs read them: GDAL, SQLite, XML, CSV and Parquet readers."""

from __future__ import annotations

import csv
import json
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner
from pyarrow import parquet

from sternlight.cli import main
from sternlight.errors import ArchiveError, SettingsError
from sternlight.evidence.redaction import Redaction
from sternlight.exports.asked import Asked
from sternlight.exports.export import ENDINGS, export
from sternlight.guidance import SAYS_NOT
from sternlight.text import plain
from tests.sternlight.exports.sea import BAD, CALL_SIGN, EVA, HOSTILE, IMO, NAME, written
from tests.tracks.pages import T0

GDAL = pytest.mark.skipif(
    shutil.which("ogrinfo") is None, reason="no ogrinfo is installed; sudo apt install gdal-bin"
)
KML = "{http://www.opengis.net/kml/2.2}"
ROWS = {"events": 3, "vessels": 2, "tracks": 3, "coverage": 8}
DMA = "Contains data from the Danish Maritime Authority"


@pytest.fixture(scope="module")
def sea(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("sea"))


@pytest.fixture(scope="module")
def files(sea: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the record in every format."""
    folder = tmp_path_factory.mktemp("out")
    for ending in ENDINGS:
        made = export(Asked(sea), folder / f"sea{ending}")
        assert made.rows == {n: ROWS[n] for n in made.rows}
        assert set(made.rows) >= {"events", "tracks", "coverage"}
    return folder


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def read(path: Path, table: str) -> list[dict[str, object]]:
    with closing(sqlite3.connect(path)) as db:
        db.row_factory = sqlite3.Row
        return [dict(row) for row in db.execute(f"select * from {table}")]


def ogr(*words: object) -> str:
    return subprocess.run([*map(str, words)], capture_output=True, text=True, check=True).stdout


@GDAL
def test_gdal_finds_layers_counts_and_times_in_a_geopackage(files: Path) -> None:
    told = ogr("ogrinfo", "-al", "-so", files / "sea.gpkg")
    for name, count in ROWS.items():
        assert f"Layer name: {name}\n" in told
        assert f"Feature Count: {count}\n" in told.partition(f"Layer name: {name}\n")[2]
    assert "Geometry: Multi Line String" in told
    assert "start: DateTime" in told
    assert SAYS_NOT[0] in told
    found = ogr("ogrinfo", "-q", "-where", "kind = 'encounter'", files / "sea.gpkg", "events")
    assert "start (DateTime) = 2024/06/26 12:00:00+00" in found
    assert "POINT (-179.876543 10.312345)" in found
    assert "duration_h (Real) = 3.5" in found


@GDAL
def test_gdal_finds_layers_and_counts_in_kml(files: Path) -> None:
    for name in ("events", "tracks", "coverage"):
        told = ogr("ogrinfo", "-so", files / "sea.kml", name)
        assert f"Feature Count: {ROWS[name]}\n" in told
    assert "begin (DateTime) = 2024/06/26 12:00:00+00" in ogr("ogrinfo", "-q", files / "sea.kml",
                                                              "events")  # fmt: skip


@GDAL
def test_gdal_reads_the_same_events_from_geojson_geopackage_and_csv(files: Path) -> None:
    columns = "select id, score, mmsis, names from"
    told = [
        ogr("ogr2ogr", "-f", "CSV", "/vsistdout/", files / file, "-sql", f'{columns} "{layer}"{of}')
        for file, layer, of in (
            ("sea.gpkg", "events", ""),
            ("sea.geojson", "sea", " where what = 'events'"),
        )
    ]
    assert told[0] == told[1]
    assert plain(HOSTILE) in [row["names"] for row in csv.DictReader(told[0].splitlines())]


def test_a_geopackage_has_a_style_of_ours_for_each_layer_with_shapes(files: Path) -> None:
    styles = {row["f_table_name"]: row for row in read(files / "sea.gpkg", "layer_styles")}
    assert styles.keys() == {"events", "tracks", "coverage"}
    events = read(files / "sea.gpkg", "events")
    for name, row in styles.items():
        assert (row["useAsDefault"], row["f_geometry_column"]) == (1, "geometry")
        drawn = ElementTree.fromstring(str(row["styleQML"]))
        renderer = drawn.find("renderer-v2")
        assert renderer is not None
        symbols = {one.get("name") for one in renderer.iter("symbol")}
        assert {one.get("symbol") for one in renderer.iter("category")} <= symbols
        assert name != "tracks" or renderer.get("type") == "singleSymbol"
    drawn = ElementTree.fromstring(str(styles["events"]["styleQML"]))
    assert {row["kind"] for row in events} <= {c.get("value") for c in drawn.iter("category")}


def test_a_geopackage_is_sound_and_the_same_each_time(sea: Path, files: Path) -> None:
    with closing(sqlite3.connect(files / "sea.gpkg")) as db:
        assert db.execute("pragma integrity_check").fetchone() == ("ok",)
        assert db.execute("pragma application_id").fetchone() == (0x47504B47,)
    again = files / "again.gpkg"
    export(Asked(sea), again)
    assert again.read_bytes() == (files / "sea.gpkg").read_bytes()


def test_an_event_has_its_figures_reasons_and_lines(files: Path) -> None:
    (row,) = [r for r in read(files / "sea.gpkg", "events") if r["kind"] == "encounter"]
    assert (row["duration_h"], row["shore_nmi"], row["min_distance_m"]) == (3.5, 26.88, 45.0)
    assert (row["score"], row["usual_per_week"], row["alert"]) == (0.9, 0.02, 1)
    assert (row["for"], row["against"]) == ("27 nmi from shore.", "Most ships wait.")
    assert (row["evidence"], row["evidence_count"]) == ("a.nmea: 7, 9", 2)
    assert row["mmsis"] == f"{EVA} | {BAD}"
    assert row["flags"] == "TW | VN"


def test_every_file_says_what_a_score_does_not_say_and_whose_data_it_is(files: Path) -> None:
    for name in ("sea.gpkg", "sea.kml", "sea.geojson", "sea-about.csv"):
        text = (files / name).read_bytes().decode("utf-8", "replace")
        assert all(says in text for says in (SAYS_NOT[0], DMA, "Natural Earth")), name
    for name in ("events", "tracks"):
        told = json.loads(
            parquet.read_schema(files / f"sea-{name}.parquet").metadata[b"sternlight"]
        )
        assert {"about": "what it does not say", "says": SAYS_NOT[0]} in told
    assert all(SAYS_NOT[0] in row["what_it_does_not_say"] for row in rows(files / "sea-events.csv"))
    assert b"/home/eva" not in b"".join(path.read_bytes() for path in files.iterdir())


def test_a_hostile_name_stays_text_in_every_format(files: Path) -> None:
    name = plain(HOSTILE)
    assert "<script>" in name
    assert name in [r["name"] for r in read(files / "sea.gpkg", "vessels")]
    told = json.loads((files / "sea.geojson").read_text("utf-8"))
    assert name in [f["properties"].get("name") for f in told["features"]]
    assert name in parquet.read_table(files / "sea-vessels.parquet")["name"].to_pylist()
    cells = [row["name"].replace("'", "") for row in rows(files / "sea-vessels.csv")]
    assert name.replace("'", "") in cells


def test_nothing_in_kml_becomes_markup(files: Path) -> None:
    tree = ElementTree.parse(files / "sea.kml")
    assert {e.tag for e in tree.iter()} <= {KML + tag for tag in _TAGS}
    names = [e.text or "" for e in tree.iter(f"{KML}name")]
    assert any("script" in name for name in names)
    assert not any("<" in name or "&" in name for name in names)
    for one in tree.iter(f"{KML}description"):
        html = ElementTree.fromstring(f"<all>{one.text or ''}</all>")  # sound: all is escaped
        assert {e.tag for e in html.iter()} <= {"all", "table", "tr", "th", "td", "p"}


_TAGS = """kml Document Folder Placemark name description Style IconStyle LineStyle PolyStyle color
styleUrl TimeSpan begin end Point LineString MultiGeometry Polygon outerBoundaryIs LinearRing
tessellate coordinates""".split()  # noqa: SIM905 - one word a line would fill a screen


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_no_cell_of_a_csv_runs_whatever_separates_cells(files: Path, separator: str) -> None:
    for path in files.glob("sea-*.csv"):
        with path.open(encoding="utf-8-sig", newline="") as file:
            for line in csv.reader(file, delimiter=separator):
                assert not any(harms(cell) for cell in line), line


def harms(cell: str) -> bool:
    """Return whether a spreadsheet may run a cell; numbers are none of that."""
    try:
        float(cell)
    except ValueError:
        return cell.strip(" \"'")[:1] in ("=", "+", "-", "@") and not cell.startswith("'")
    return False


def test_csv_opens_with_its_letters_right(files: Path) -> None:
    assert (files / "sea-events.csv").read_bytes().startswith(b"\xef\xbb\xbf")


def test_tracks_are_cut_at_silences_and_at_longitude_180_and_go_on_past_midnight(
    files: Path,
) -> None:
    found = [row for row in rows(files / "sea-tracks.csv") if row["ship"] == str(EVA)]
    assert [(row["start"], row["end"]) for row in found] == [
        ("2024-06-26T10:00:00Z", "2024-06-26T13:50:00Z"),
        ("2024-06-26T16:40:00Z", "2024-06-27T02:30:00Z"),
    ]
    second = found[1]["wkt"].removeprefix("MULTILINESTRING ((").removesuffix("))")
    lines = [
        [tuple(map(float, p.split())) for p in line.split(",")] for line in second.split("), (")
    ]
    assert len(lines) == 2
    assert (lines[0][-1][0], lines[1][0][0]) == (180, -180)
    assert all(abs(a[0] - b[0]) < 1 for line in lines for a, b in pairwise(line))


def test_geoparquet_says_what_its_shapes_are(files: Path) -> None:
    geopandas = pytest.importorskip("geopandas")
    for name, kind in (("events", "Point"), ("tracks", "MultiLineString"), ("coverage", "Polygon")):
        frame = geopandas.read_parquet(files / f"sea-{name}.parquet")
        assert set(frame.geom_type) == {kind}
        assert frame.crs.equals("OGC:CRS84")
        assert len(frame) == ROWS[name]
    assert str(parquet.read_schema(files / "sea-events.parquet").field("start").type) == (
        "timestamp[ms, tz=UTC]"
    )


def test_kml_has_a_time_for_everything_that_has_one(files: Path) -> None:
    tree = ElementTree.parse(files / "sea.kml")
    spans = [
        (e.findtext(f"{KML}begin"), e.findtext(f"{KML}end")) for e in tree.iter(f"{KML}TimeSpan")
    ]
    assert len(spans) == ROWS["events"] + ROWS["tracks"]
    assert ("2024-06-26T12:00:00Z", "2024-06-26T15:30:00Z") in spans
    assert ("2024-06-26T20:00:00Z", None) in spans  # it goes on


@pytest.mark.parametrize(
    ("how", "kinds"),
    [
        ({"kinds": ("gap", "loitering")}, ["gap", "loitering"]),
        ({"min_score": 0.5}, ["encounter", "loitering"]),
        ({"mmsis": (EVA,)}, ["encounter", "gap"]),
        ({"since": T0 + 16 * 3600}, ["gap", "loitering"]),
        ({"until": T0 + 13 * 3600}, ["encounter"]),
    ],
)
def test_events_are_those_that_are_asked_for(
    sea: Path, tmp_path: Path, how: dict[str, object], kinds: list[str]
) -> None:
    export(Asked(sea, **how), tmp_path / "some.csv")  # type: ignore[arg-type] # one of its fields
    assert [row["kind"] for row in rows(tmp_path / "some-events.csv")] == kinds


def test_tracks_end_where_the_time_that_is_asked_for_does(sea: Path, tmp_path: Path) -> None:
    since, until = T0 + 12 * 3600, T0 + 18 * 3600
    export(Asked(sea, since, until, mmsis=(EVA,)), tmp_path / "some.csv")
    found = [(row["start"][11:16], row["end"][11:16]) for row in rows(tmp_path / "some-tracks.csv")]
    assert found == [("12:00", "13:50"), ("16:40", "18:00")]
    assert [row["ship"] for row in rows(tmp_path / "some-vessels.csv")] == [str(EVA)]


def test_with_some_events_come_their_ships_only(sea: Path, tmp_path: Path) -> None:
    export(Asked(sea, kinds=("loitering",)), tmp_path / "some.csv")
    for name in ("tracks", "vessels"):
        assert {row["ship"] for row in rows(tmp_path / f"some-{name}.csv")} == {str(BAD)}


@pytest.fixture(scope="module")
def redacted(sea: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("redacted")
    for ending in ENDINGS:
        export(Asked(sea, redaction=Redaction(True, 10.0, 6.0)), folder / f"sea{ending}")
    return folder


def secrets() -> Iterator[str]:
    """Yield what a copy without names, places and times must not hold anywhere."""
    yield from (str(EVA), str(BAD), NAME, str(IMO), CALL_SIGN, "HYPERLINK", "a.nmea", "Dakar")
    yield from ("10.3123", "179.8765", "26.88", "27 nmi", "12:00:01", "15:30", "153000", "13:50")
    yield from ("20240626T", "encounter-", "/home/eva", "01:06:47", "22:53:12")


def test_nothing_that_is_withheld_is_anywhere_in_a_file(redacted: Path) -> None:
    found = sorted(redacted.iterdir())
    assert len(found) == len(ENDINGS) - 2 + 5 + 4
    for path in found:
        data = path.read_bytes()
        if path.suffix == ".parquet":
            table = parquet.read_table(path)
            data = str(table.to_pydict()).encode() + str(table.schema.metadata).encode()
        for secret in secrets():
            assert secret.encode() not in data, (path.name, secret)
            assert secret.encode("utf-16-le") not in data


def test_a_ship_has_one_pseudonym_in_all_tables_of_a_file(redacted: Path) -> None:
    (meeting,) = [r for r in rows(redacted / "sea-events.csv") if r["kind"] == "encounter"]
    assert meeting["mmsis"] == meeting["names"] == "ship A | ship B"
    (gap,) = [r for r in rows(redacted / "sea-events.csv") if r["kind"] == "gap"]
    assert gap["tracks"] == "ship A.1"
    flags = {r["ship"]: r["flag"] for r in rows(redacted / "sea-vessels.csv")}
    assert flags == {"ship A": "TW", "ship B": "VN"}
    assert {r["ship"] for r in rows(redacted / "sea-tracks.csv")} == flags.keys()


def test_places_and_times_of_a_redacted_copy_are_those_of_cells_and_periods(redacted: Path) -> None:
    for row in read(redacted / "sea.gpkg", "events"):
        assert str(row["start"])[11:] in ("12:00:00.000Z", "18:00:00.000Z")
        assert (row["lat"], row["lon"]) == Redaction(positions_nmi=10).place(10.312345, -179.876543)
    for row in rows(redacted / "sea-tracks.csv"):
        assert row["start"][11:13] in ("00", "06", "12", "18")


@pytest.mark.parametrize("name", ["sea.shp", "sea"])
def test_an_ending_that_is_not_known_is_refused(sea: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingsError, match=r"\.gpkg, \.geojson"):
        export(Asked(sea), tmp_path / name)


def test_events_that_are_withdrawn_or_of_no_ship_are_left_out(tmp_path: Path) -> None:
    sea = written(tmp_path / "sea")
    with closing(sqlite3.connect(sea / "record.sqlite3")) as db, db:
        db.execute("update events set state = 'withdrawn' where kind = 'gap'")
        db.execute("update events set shown = 0 where kind = 'loitering'")
    assert export(Asked(sea), tmp_path / "some.csv").rows["events"] == 1
    assert [row["kind"] for row in rows(tmp_path / "some-events.csv")] == ["encounter"]


def test_a_kind_that_does_not_exist_is_refused(sea: Path) -> None:
    with pytest.raises(SettingsError, match=r"'encouter'; did you mean encounter\?"):
        Asked(sea, kinds=("encouter",))


def test_the_command_says_what_was_written_and_what_it_does_not_say(
    sea: Path, tmp_path: Path
) -> None:
    words = ["export", "--data", str(sea), "--out", str(tmp_path / "o.kml"), "--redact", "names"]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0, done.output
    assert done.stdout == f"3 events, 3 tracks, 8 coverage are in {tmp_path / 'o.kml'}\n"
    assert SAYS_NOT[0] in done.stderr
    assert DMA in done.stderr


@pytest.mark.parametrize("wrong", [["--redact", "name"], ["--kind", "x"], ["--out", "a.shp"]])
def test_the_command_tells_what_is_wrong_in_a_sentence(sea: Path, wrong: list[str]) -> None:
    done = CliRunner().invoke(main, ["export", "--data", str(sea), "--out", "o.kml", *wrong])
    assert done.exit_code == 2
    assert done.stderr.startswith("sternlight: ")


def test_a_folder_without_a_record_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="no record of ships"):
        export(Asked(tmp_path), tmp_path / "sea.gpkg")


def test_an_empty_record_gives_empty_layers(tmp_path: Path) -> None:
    sea = written(tmp_path / "sea", [])
    with closing(sqlite3.connect(sea / "record.sqlite3")) as db, db:
        for table in ("hulls", "days", "claims"):
            db.execute(f"delete from {table}")
    for ending in ENDINGS:
        made = export(Asked(sea), tmp_path / f"none{ending}")
        assert set(made.rows.values()) == {0}
