"""The tables of the record: hulls, the days on which they were heard, claims and port visits.

They stand in a station's archive and in the record of a replay.  A hull takes a few
kilobytes a month.  Events stand in the archive's own tables.  `spoken` says on which days
a hull said what, and is kept only of MMSIs under which two different things are said.
Standings, one for each ship by its first track, and rates are made anew every night of all
the rest.
"""

from __future__ import annotations

SINCE = 3  # the version of the archive that has them first

TABLES = """
create table hulls (
    track integer primary key, mmsi integer not null, first real not null, last real not null,
    fixes_count integer not null, ship_class integer not null
);
create index hulls_by_mmsi on hulls (mmsi);
create table days (
    track integer not null, day integer not null, first real not null, last real not null,
    port_count integer not null, fishing_count integer not null,
    high_seas_count integer not null, max_shore_nmi real,
    heard blob not null, way blob not null, primary key (track, day)
) without rowid;
create table claims (
    mmsi integer not null, hull integer not null, field text not null, value text not null,
    first real not null, last real not null, days_count integer not null,
    last_day integer not null, primary key (mmsi, hull, field, value)
) without rowid;
create index claims_by_value on claims (field, value);
create table spoken (
    track integer not null, day integer not null, field text not null, value text not null,
    primary key (track, day, field, value)
) without rowid;
create table visits (
    track integer not null, start real not null, "end" real, place text not null,
    country text not null, kind text not null, lat real not null, lon real not null,
    stopped_h real not null, heard_h real not null, certainty integer not null,
    line_in integer not null, line_out integer not null, primary key (track, start)
) without rowid;
create index visits_by_place on visits (place, start);
create table standings (
    ship integer not null, tracks text not null, kind text not null, score real not null,
    shown_count integer not null, looked_count integer not null, signs text not null
);
create index standings_by_ship on standings (ship);
create table rates (
    sign text not null, kind text not null, square text not null, could_count integer not null,
    shows_count integer not null, primary key (sign, kind, square)
) without rowid;
"""

NAMES = ("hulls", "days", "claims", "spoken", "visits", "standings", "rates")
