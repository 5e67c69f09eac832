"""Some lines of a log: they say of their ships what the whole log says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from receiver.formats.stationlog import LogReader
from sternlight.evidence.lines import Line, Lines, chosen
from sternlight.evidence.manifest import Manifest
from sternlight.evidence.merkle import leaf_hash
from sternlight.evidence.stamped_later import describe
from sternlight.frames import frames
from sternlight.rawlog import segments
from tests.sternlight.evidence import bundles


@pytest.mark.parametrize("last", [False, True])
def test_lines_of_a_ship_say_of_it_what_all_lines_say(last: bool) -> None:
    """Names, too, which come in two sentences; and of a segment that has no end yet."""
    path = segments(bundles.station() / "raw")[-1 if last else 2]
    segment, whole = describe(path), b"".join(content for _, content in frames(path))
    assert segment.ended != last
    every = LogReader(segment.first_line).step(whole)
    mmsi = int(every.statics.mmsi[0])
    some, sources = chosen(path, segment, {mmsi})
    manifest = Manifest("station", str(mmsi), (), {}, segments=(segment,), sources=tuple(sources))
    lines = Lines({segment.number: some})
    assert list(lines.wrong((segment,))) == []
    content = lines.content(segment, manifest)
    assert content.count(b"\n") == segment.lines
    assert content.count(b"!AIVDM") < whole.count(b"!AIVDM") / 2
    assert b"address" not in content
    found = LogReader(segment.first_line).step(content)
    for told, expected in ((found.positions, every.positions), (found.statics, every.statics)):
        own = expected.take(expected.mmsi == mmsi)
        assert len(own)
        for name in type(own).described():
            np.testing.assert_array_equal(getattr(told, name), getattr(own, name), err_msg=name)


def test_a_line_that_is_no_text_comes_back() -> None:
    line = Line(3, 7, b"\\s:01,c:1795311700.000*2D\\\xff\x00 ", (b"\1" * 32,))
    assert Line.read(line.row()) == line
    assert "base64" in line.row()


def test_a_head_of_before_there_were_trees_is_held_against_the_hash_that_it_names() -> None:
    first, second = map(describe, segments(bundles.station() / "raw")[1:3])
    path = segments(bundles.station() / "raw")[2]
    head = chosen(path, second)[0][0]
    short = b" ".join(
        w for w in head.text.split() if not w.startswith((b"previous_root", b"previous_file"))
    )
    old = head._replace(text=short, proof=())
    alone = replace(second, lines=1 + second.ended, root=leaf_hash(short + b"\n").hex())
    lines = Lines({second.number: [old._replace(line=1)]})
    assert lines.old_count() == 0, "the head is the second line"
    linked = Lines({second.number: [old]})
    assert linked.old_count() == 1
    says = list(linked.wrong((alone,), first))
    assert not any("was not written behind" in one for one in says)
    other = replace(first, sha256="0" * 64)
    assert any("was not written behind" in one for one in linked.wrong((alone,), other))
