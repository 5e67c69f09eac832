"""Watch lists as people and offices write them; every ship in these files is made up."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sternlight.errors import SettingsError
from sternlight.settings import load
from sternlight.watchlists.cells import imo, mmsi
from sternlight.watchlists.read import FORMATS, NOBODY, ListFile, read, read_lists
from sternlight.watchlists.table import MOST_BYTES
from tracks.watchlist import Entry

IMO, OTHER_IMO, MMSI = 3_000_001, 3_000_013, 257_900_001


def written(folder: Path, text: str | bytes, name: str = "mine.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def only(one: ListFile) -> Entry:
    (entry,) = one.entries
    return entry


def problems(one: ListFile) -> list[str]:
    return list(one.problems.sentences())


@pytest.mark.parametrize(
    "text",
    [
        "MMSI,IMO number,Call sign,Name,Note\n257900001,3000001,QAB12,SIM ANNA,seen\n",
        "mmsi;imo;callsign;name;note\n257900001;IMO 3000001;qab-12;SIM ANNA;seen\n",
        "sep=;\r\nMMSI;IMO_NO;IRCS;Vessel Name;Remarks\r\n"
        "257900001;3000001;QAB12;SIM ANNA;seen\r\n",
        "Ships we watch\n\nMMSI\tIMO No.\tRadio call sign\tShip name\tComment\n"
        "257900001\t3000001.0\tQ AB 12\tSIM ANNA\tseen\n",
        "MMSI|IMO-Nummer|Rufzeichen|Schiffsname|Bemerkung\n"
        '"257900001"|3000001|QAB12|SIM ANNA|seen\n',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_list_of_your_own_is_read_however_a_spreadsheet_writes_it(
    tmp_path: Path, text: str, encoding: str
) -> None:
    one = read(written(tmp_path, text.encode(encoding)))
    assert only(one) == Entry("mine", name="SIM ANNA", imos=(IMO,), call_signs=("QAB12",),
                              mmsis=(MMSI,), note="seen")  # fmt: skip
    assert not problems(one)


def test_letters_of_other_tongues_survive_excel(tmp_path: Path) -> None:
    assert only(read(written(tmp_path, "name\nSIM ÅSE\n".encode("cp1252")))).name == "SIM ÅSE"


def test_what_cannot_be_used_is_told_with_its_line_and_column(tmp_path: Path) -> None:
    text = "MMSI,IMO,Call sign,Name\n" + (
        "257900001,3000002,QAB12,SIM ANNA\n"
        "99,,,SIM BELLA\n"
        "2.579E+08,,,SIM CARLA\n"
        ",,a call sign of five words,SIM DORA\n"
        ",,,\n"
        ",123,,\n"
    )
    one = read(written(tmp_path, text))
    assert [entry.name for entry in one.entries] == [
        "SIM ANNA", "SIM BELLA", "SIM CARLA", "SIM DORA",
    ]  # fmt: skip
    told = "\n".join(problems(one))
    assert "line 2, column 'IMO': '3000002' is no IMO number: seven digits" in told
    assert "line 3, column 'MMSI': '99' is no ship's MMSI" in told
    assert "line 4, column 'MMSI': '2.579E+08' is shortened by a spreadsheet" in told
    assert "line 5, column 'Call sign': 'a call sign of five words' is no call sign" in told
    assert f"line 7: {NOBODY}" in told
    assert one.unusable_count == 1


def test_of_many_problems_of_a_kind_the_first_are_shown_and_the_others_counted(
    tmp_path: Path,
) -> None:
    one = read(written(tmp_path, "imo,name\n" + "12,SIM ANNA\n" * 12))
    assert len(problems(one)) == 6
    assert problems(one)[-1].startswith("and 7 more such lines: no IMO number")


def test_a_file_without_any_mark_of_ships_is_refused_with_its_columns(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"mine.csv has the columns port, tonnes, but"):
        read(written(tmp_path, "port,tonnes\nHavn,3\n"))


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "workbook"),
        (b"PK\x03\x04rest", "workbook"),
        (b"<html><table>", "no table in text"),
        (b"name\0,imo\n", "no table in text"),
        (b"", r"has the columns \(none\)"),
        (b'{"schema": "Vessel"}\n', "line 1: no FollowTheMoney entity"),
        (b'{"schema": "Vessel", cut\n', "line 1: no FollowTheMoney entity"),
    ],
)
def test_what_is_no_list_is_refused_in_one_sentence(tmp_path: Path, data: bytes, says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        read(written(tmp_path, data))


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"nothing\.csv cannot be read: no such file"):
        read_lists([str(tmp_path / "nothing.csv")])


def test_hostile_words_stay_text(tmp_path: Path) -> None:
    text = 'name,note\n"=HYPERLINK(""x"")","<script>\n\x1b[2J"\n'
    assert only(read(written(tmp_path, text))) == Entry(
        "mine", name='=HYPERLINK("x")', note="<script> \x1b[2J"
    )


TMT = (
    "CurrentlyListed,Name,RFMOName,IMO,MMSI,IRCS,Flag,VesselType,GearType,OwnerName,OperatorName,"
    "IOTC,Reason,ICCAT,Reason,GFCM,Reason\n"
    'True,"SIM ANNA, SIM OLD",SIM ANA,3000001,257900001,QAB12,NO,,,,,'
    "2015-05-01,no licence,,,01/02/2016,\n"
    "False,SIM BELLA,,,,,,,,,,,,2010,,,\n"
)


def test_the_combined_iuu_list(tmp_path: Path) -> None:
    one = read(written(tmp_path, TMT, "IUUList-20260405.csv"))
    assert one.format == "Combined IUU Vessel List (TMT)"
    first, second = one.entries
    assert first == Entry(
        "Combined IUU Vessel List (TMT)", name="SIM ANNA", former=("SIM OLD", "SIM ANA"),
        imos=(IMO,), call_signs=("QAB12",), mmsis=(MMSI,), flag="NO",
        note="IOTC 2015-05-01: no licence; GFCM 01/02/2016", dated="2026-04-05",
        source="TMT, iuu-vessels.org",
    )  # fmt: skip
    assert second.standing == "delisted"
    assert list(read_lists([str(one.path)]).watch.entries) == [first]


def test_the_iuu_list_of_older_years_with_tabs_and_western_letters(tmp_path: Path) -> None:
    text = TMT.replace('"SIM ANNA, SIM OLD"', "SIM ÅNNA").replace(",", "\t")
    one = read(written(tmp_path, text.encode("cp1252"), "IUUList-20190902.txt"))
    assert one.entries[0].name == "SIM ÅNNA"


SIMPLE = (
    '"id","schema","name","aliases","birth_date","countries","addresses","identifiers","sanctions",'
    '"phones","emails","program_ids","dataset","first_seen","last_seen","last_change"\n'
    '"NK-sim1","Vessel","SIM ANNA","SIM OLD;""SIM; X""","","xx","","IMO3000001;257900001;AB-12",'
    '"2026;Article 3","","","","Sim list","2026-01-01","2026-03-01","2026-02-01T01:02:03"\n'
    '"NK-sim2","Person","SIM NOBODY","","1970","xx","","","","","","","Sim list","","",""\n'
)


def test_opensanctions_as_simple_csv(tmp_path: Path) -> None:
    one = read(written(tmp_path, SIMPLE, "targets.simple.csv"))
    assert only(one) == Entry(
        "OpenSanctions", id="NK-sim1", name="SIM ANNA", former=("SIM OLD", "SIM; X"), imos=(IMO,),
        mmsis=(MMSI,), flag="xx", note="Sim list: 2026;Article 3", dated="2026-02-01",
        source="OpenSanctions.org (CC BY-NC 4.0)",
    )  # fmt: skip
    assert one.left_out == {"not a ship": 1}


MARITIME = (
    "type,caption,imo,risk,countries,flag,mmsi,id,url,datasets,aliases\n"
    '"VESSEL","SIM ANNA","IMO3000001","sanction","xx","xx","257900001;257900002","sim-1",'
    '"https://example.org","sim_list","SIM OLD"\n'
    '"ORGANIZATION","SIM COMPANY","IMO3000013","sanction","","","","sim-2","","sim_list",""\n'
    '"VESSEL","SIM BELLA","","","","","","sim-3","","sim_inspections",""\n'
)


def test_opensanctions_as_maritime_csv(tmp_path: Path) -> None:
    one = read(written(tmp_path, MARITIME, "maritime.csv"))
    assert (only(one).mmsis, only(one).note) == ((MMSI, MMSI + 1), "sanction: sim_list")
    assert one.left_out == {"not a ship": 1, "a ship that is only known, and on no list": 1}


def test_opensanctions_as_entities(tmp_path: Path) -> None:
    entities = [
        {"id": "c", "schema": "Company", "properties": {"name": ["Vessel"]}},
        {
            "id": "sim-1", "caption": "SIM ANNA", "schema": "Vessel",
            "properties": {
                "name": ["SIM ANNA", "Sim Anna"], "previousName": ["SIM OLD"],
                "imoNumber": ["IMO3000001", "12"], "mmsi": ["257900001"], "callSign": ["QAB12"],
                "flag": ["xx"], "topics": ["sanction"],
            },
            "datasets": ["sim_list"], "last_change": "2026-02-01T00:00:00",
        },
        {"id": "sim-2", "schema": "Vessel", "properties": {"name": ["SIM BELLA"]}},
    ]  # fmt: skip
    lines = "".join(json.dumps(entity) + "\n" for entity in entities)
    one = read(written(tmp_path, lines, "entities.ftm.json"))
    assert only(one) == Entry(
        "OpenSanctions", id="sim-1", name="SIM ANNA", former=("Sim Anna", "SIM OLD"), imos=(IMO,),
        call_signs=("QAB12",), mmsis=(MMSI,), flag="xx", note="sanction: sim_list",
        dated="2026-02-01", source="OpenSanctions.org (CC BY-NC 4.0)",
    )  # fmt: skip
    assert problems(one) == ["line 2, column 'imoNumber': '12' is no valid IMO number"]


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        (
            "ICCATSerialNo,NatRegNo,IntRegNo,IRNoType,IRCS,VesselName,FlagVesCode\n"
            "AT0SIM1,X1,3000001,IMO,QAB12,SIM ANNA,EU-XXX\n",
            "ICCAT Record of Vessels",
            {"id": "AT0SIM1", "flag": "EU-XXX", "source": "ICCAT, iccat.int"},
        ),
        (
            "IOTC Number,Name,IMO,IRCS,Flag State Code,From,To,Last Updated\n"
            "IOTCSIM1,SIM ANNA,3000001,QAB12,XXX,01/01/2026,31/12/2026,2026-02-03\n",
            "IOTC Record of Authorised Vessels",
            {"id": "IOTCSIM1", "flag": "XXX", "dated": "2026-02-03", "source": "IOTC, iotc.org",
             "note": "authorised from 01/01/2026 to 31/12/2026"},
        ),
        (
            "VID,Name of fishing vessel,Flag of fishing vessel,International Radio Call Sign,"
            "IMO or LR number,Previous names (if known),Vessel communication types and numbers\n"
            'SIM1,SIM ANNA,XX,QAB12,3000001,SIM OLD,"Inmarsat; MMSI: 257900001"\n',
            "WCPFC Record of Fishing Vessels",
            {"id": "SIM1", "flag": "XX", "source": "WCPFC, wcpfc.int", "former": ("SIM OLD",),
             "mmsis": (MMSI,)},
        ),
    ],
)  # fmt: skip
def test_records_of_authorised_vessels_say_authorised_and_make_no_event(
    tmp_path: Path, text: str, name: str, expected: dict[str, object]
) -> None:
    path = written(tmp_path, text)
    one = read(path)
    assert one.format == name
    made = Entry(name, name="SIM ANNA", imos=(IMO,), call_signs=("QAB12",), standing="authorised")
    assert only(one) == Entry(**{**{f: getattr(made, f) for f in made.__slots__}, **expected})
    assert not problems(one)
    lists = read_lists([str(path)])
    assert (len(lists.every), len(lists.watch)) == (1, 0)


def test_a_number_of_another_register_is_no_imo_number(tmp_path: Path) -> None:
    text = "ICCATSerialNo,IntRegNo,IRNoType,VesselName\nAT0SIM1,3000001,NatReg,SIM ANNA\n"
    assert only(read(written(tmp_path, text))).imos == ()


ORDERS = (
    "Calendar Year,Country,Country Code,Effective Date,Entity,Industry,Press Release,Remarks,"
    "Status,WRO/Finding\n"
    '2020,Xland,XX,08/18/2020,"SIM WANG (Fishing Vessel)",Seafood,https://example.org,,Active,WRO\n'
    '2021,Xland,XX,05/28/2021,"Sim Ocean Fishing Co., Ltd.",Seafood,,,Active,WRO\n'
    "2019,Xland,XX,01/01/2019,Sim Garments,Apparel,,,Active,WRO\n"
    "2018,Xland,XX,01/01/2018,SIM YI,Seafood,,,Inactive,WRO\n"
)


def test_us_withhold_release_orders_name_few_ships_and_no_numbers(tmp_path: Path) -> None:
    one = read(written(tmp_path, ORDERS))
    first, second = one.entries
    assert (first.name, first.note, first.standing) == (
        "SIM WANG", "WRO since 08/18/2020", "listed",
    )  # fmt: skip
    assert (second.name, second.standing) == ("SIM YI", "delisted")
    assert sum(one.left_out.values()) == 2


def test_a_table_that_speaks_of_authorisations_is_not_taken_for_one_of_suspects(
    tmp_path: Path,
) -> None:
    text = "Vessel name,IMO,Authorization end\nSIM ANNA,3000001,2026-12-31\n"
    assert only(read(written(tmp_path, text))).standing == "authorised"
    text = "name,standing\nSIM ANNA,authorized\nSIM BELLA,Listed\nSIM CARLA,perhaps\n"
    one = read(written(tmp_path, text))
    assert [e.standing for e in one.entries] == ["authorised", "listed", "listed"]
    assert "line 4, column 'standing': 'perhaps'" in problems(one)[0]


def test_files_that_the_settings_call_authorised_make_no_event(tmp_path: Path) -> None:
    path = str(written(tmp_path, "name\nSIM ANNA\n"))
    assert len(read_lists([path]).watch) == 1
    assert len(read_lists([], [path]).watch) == 0


def test_paths_in_the_settings_begin_where_the_settings_lie(tmp_path: Path) -> None:
    written(tmp_path, "name\nSIM ANNA\n")
    config = written(tmp_path, '[watchlists]\nfiles = ["mine.csv", "/root.csv"]\n', "my.toml")
    files = load(config).watchlists.files
    assert files == (str(tmp_path / "mine.csv"), "/root.csv")
    assert load(config).of_results()["watchlists"] == {
        "files": ["mine.csv", "root.csv"], "authorised": [],
    }  # fmt: skip


def test_every_format_is_described() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "watchlists.md").read_text("utf-8")
    assert all(format_.name in page for format_ in FORMATS)


@pytest.mark.parametrize(
    ("text", "number"),
    [("IMO 3000001", IMO), ("3000001.0", IMO), ("imo-no. 3000001", IMO), ("3000002", 0),
     ("30000010", 0), ("", 0), ("IMO", 0), ("٣٠٠٠٠٠١", 0)],
)  # fmt: skip
def test_an_imo_number_is_known_however_it_is_written(text: str, number: int) -> None:
    assert imo(text) == number


@pytest.mark.parametrize(
    ("text", "number"),
    [("257900001", MMSI), ("MMSI: 257900001", MMSI), ("257 900 001", MMSI), ("111111111", 0),
     ("002570000", 0), ("2579000010", 0), ("٢٥٧٩٠٠٠٠١", 0)],
)  # fmt: skip
def test_an_mmsi_is_one_of_a_ship(text: str, number: int) -> None:
    assert mmsi(text) == number


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.binary(max_size=200), st.sampled_from(["", "name,imo\n", TMT, SIMPLE, MARITIME, "{"]))
def test_whatever_is_in_a_file_it_is_read_or_refused_in_one_sentence(
    tmp_path: Path, data: bytes, head: str
) -> None:
    path = written(tmp_path, head.encode() + data)
    try:
        entries = read(path).entries
    except SettingsError:
        entries = []
    assert all(e.name or e.imos or e.mmsis or e.call_signs for e in entries)


def test_a_file_beyond_all_measure_is_not_read_as_a_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert MOST_BYTES > 1 << 20
    monkeypatch.setattr("sternlight.watchlists.table.MOST_BYTES", 8)
    with pytest.raises(SettingsError, match="split it"):
        read(written(tmp_path, "name\nSIM ANNA\n"))
