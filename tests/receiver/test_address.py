"""Addresses of live sources: what they mean, and everything that can be wrong with one."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from receiver.sources import LIVE
from receiver.sources.address import BadAddress, Feed, parse
from receiver.sources.follow import Follow
from receiver.sources.serial_port import SerialPort
from receiver.sources.stdin import Stdin
from receiver.sources.tcp import TcpClient, TcpServer
from receiver.sources.udp import Udp


@pytest.mark.parametrize(
    ("address", "source"),
    [
        ("tcp://153.44.253.27:5631", TcpClient("153.44.253.27", 5631)),
        ("TCP://AIS.example:1?format=aiscatcher", TcpClient("ais.example", 1, "aiscatcher")),
        ("tcp://[2001:db8::7]:10110", TcpClient("2001:db8::7", 10110)),
        ("tcp-listen://:10110?clients_count=3", TcpServer(10110, clients_count=3)),
        ("udp://:10110", Udp(10110)),
        ("udp://239.192.0.4:60004?interface=eth0", Udp(60004, "239.192.0.4", "eth0")),
        ("serial:/dev/ttyUSB0", SerialPort("/dev/ttyUSB0")),
        ("serial:///dev/ttyUSB0?baud=4800", SerialPort("/dev/ttyUSB0", baud=4800)),
        ("serial:?usb=10c4:ea60", SerialPort(usb="10c4:ea60")),
        ("stdin:", Stdin()),
        ("file:/var/log/ais.nmea?follow=no", Follow("/var/log/ais.nmea", follow=False)),
        ("file:a%20b%23c.nmea", Follow("a b#c.nmea")),
        ("file:/a#b.nmea", Follow("/a#b.nmea")),
    ],
)
def test_an_address_becomes_a_source(address: str, source: object) -> None:
    assert parse(address).source == source


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("tcp://a.example:1?clock=feed", "tcp://a.example:1"),
        ("tcp://a.example:1?name=roof", "roof"),
        ("serial:/dev/ttyUSB0?baud=4800", "serial:/dev/ttyUSB0"),
        ("serial:?usb=10c4:ea60&silence_s=60", "serial:?usb=10c4:ea60"),
        ("stdin:", "stdin:"),
    ],
)
def test_a_source_is_called_as_its_address_unless_that_says_otherwise(
    address: str, name: str
) -> None:
    assert parse(address).name == name
    assert parse(address, "given").name == ("roof" if name == "roof" else "given")


def test_what_all_sources_share_stands_behind_the_question_mark() -> None:
    feed = parse("stdin:?clock=feed&silence_s=30&name=x")
    assert feed == Feed(Stdin(), "x", "feed", 30.0, "stdin:")


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("", "no source begins like this"),
        ("tpc://a:1", "did you mean tcp:?"),
        ("localhost:10110", "did you mean tcp://localhost:10110?"),
        ("192.0.2.7:10110", "did you mean tcp://192.0.2.7:10110?"),
        ("[::1]:10110", "did you mean tcp://[::1]:10110?"),
        ("/dev/ttyUSB0", "did you mean serial:/dev/ttyUSB0?"),
        ("/var/ais.nmea", "did you mean file:/var/ais.nmea?"),
        ("-", "did you mean stdin:?"),
        ("tcp://[::1", "the host cannot be read; an IPv6 address stands in brackets"),
        ("tcp://[zz]:1", "host"),
        ("tcp://a\u2100b:1", "the host cannot be read"),
        ("tcp://", "host is missing; port is missing"),
        ("tcp://a", "port is missing"),
        ("tcp://a:", "port is missing"),
        ("tcp://a:0", "port is 0; it must be from 1 to 65535"),
        ("tcp://a:99999", "port is 99999; it must be from 1 to 65535"),
        ("tcp://a:-1", "port is -1"),
        ("tcp://a:1x", "port = '1x' must be a whole number"),
        ("tcp://a..b:1", "host is 'a..b', which cannot be a name"),
        ("tcp://a:1?port=2", "port is given twice; leave one out"),
        ("tcp://a:1?name=x&name=y", "name is given twice"),
        ("tcp://a:1?nmae=x", "nmae is not known; did you mean name?"),
        ("tcp://a:1?clock=mine", "clock is 'mine'; choose from ours and feed"),
        ("tcp://a:1?silence_s=0", "silence_s is 0 s; it must be more than 0"),
        ("tcp://a:1?silence_s=nan", "silence_s is nan s"),
        ("tcp://a:1?silence_s=soon", "silence_s = 'soon' must be a number"),
        ("tcp://a:1/path", "path '/path' means nothing to a source of this kind"),
        ("tcp://me@a:1", "user 'me' means nothing"),
        ("file:x?follow=perhaps", "follow = 'perhaps' must be yes or no"),
        ("file:", "path is missing"),
        ("file:a%00b", r"has the character '\x00' in it"),
        ("file:a%0Ab", r"has the character '\n' in it"),
        ("file:a\nb", r"has the character '\n' in it"),
        ("file:a%FFb", "text in it must be UTF-8"),
        ("serial://dev/ttyUSB0", "means nothing to a source of this kind, write serial:/dev/ttyU"),
        ("udp://:10110?baud=1", "baud is not known"),
    ],
)
def test_what_is_wrong_is_said_with_what_would_be_right(address: str, says: str) -> None:
    with pytest.raises(BadAddress, match=re.escape(says)):
        parse(address)


def test_everything_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(BadAddress) as caught:
        parse("tcp-listen://a..b:0/x?format=nmae&clients_count=0&clock=x&silence_s=-1&foo=1")
    for says in ("host is", "port is", "path", "format is", "clients_count is", "clock is", "foo"):
        assert str(caught.value).count(says) == 1, says


@pytest.mark.parametrize(
    "address",
    [
        "tcp://me:hunter2@a:1",
        "foo://me:hunter2@a:1",
        "tcp://me:hunter2@[::1",
        "tcp://a:1?nmae=hunter2",
        "x?key=hunter2",
    ],
)
def test_no_password_stands_in_a_message(address: str) -> None:
    with pytest.raises(BadAddress) as caught:
        parse(address)
    assert "hunter2" not in str(caught.value)


def test_a_password_is_refused() -> None:
    with pytest.raises(BadAddress, match="a password does not belong in an address; put it in"):
        parse("tcp://me:hunter2@a:1")


PARTS = ["tcp:", "udp:", "tcp-listen:", "serial:", "file:", "stdin:", "//", "/", "[", "]", ":", "@"]
PARTS += ["?", "&", "=", "#", "%", "%00", "%zz", "1", "65536", "host", "port", "name", "clock"]
PARTS += ["follow", "baud", "usb", "resume", "silence_s", "10c4:ea60", "٣", "é", "..", "a" * 70]


@settings(max_examples=400, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(PARTS), st.text(max_size=3)), max_size=9).map("".join))
@example("tcp://" + "9" * 5000 + ":" + "9" * 5000)
@example("tcp://[v1.a]:1")
@example("tcp://[::1]x:1")
def test_no_text_does_anything_but_make_a_feed_or_a_sentence(text: str) -> None:
    try:
        feed = parse(text)
    except BadAddress as bad:
        assert str(bad).isprintable()  # noqa: PT017 - what else is raised is the failure
    else:
        assert feed.name
        assert feed.source.format == "nmea"


@pytest.mark.parametrize("scheme", LIVE)
def test_every_kind_of_source_says_what_is_missing_or_is_made(scheme: str) -> None:
    try:
        assert isinstance(parse(f"{scheme}:"), Feed)
    except BadAddress as bad:
        assert f"{scheme}:" in str(bad)  # noqa: PT017 - some need no settings
