"""Sources in their threads against ends that misbehave: real sockets, files and terminals."""

from __future__ import annotations

import itertools
import os
import pty
import random
import socket
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from receiver.sources.address import Feed, parse
from receiver.sources.base import POLL_S, SourceLost
from receiver.sources.follow import Follow
from sternlight import feeds
from sternlight.feeds import KINDS_MAX, LINE_MAX, Account, Backlog, Piece, Receiver
from sternlight.system_clock import elapsed_s
from tests.receiver.live_input import free_port, sentences, tcp_end, wait_until

LINES = [sentence + b"\n" for sentence in sentences()[:400]]


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let lost sources be opened again soon: an hour becomes seconds."""
    monkeypatch.setattr(feeds, "FIRST_WAIT_S", 0.005)
    monkeypatch.setattr(feeds, "LONGEST_WAIT_S", 0.02)
    monkeypatch.setattr(feeds, "GATHER_S", 0.0)


@dataclass
class Heard:
    """A receiver that runs, and what it has put into the queue."""

    receiver: Receiver
    backlog: Backlog
    pieces: list[Piece] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    @property
    def lines(self) -> bytes:
        pieces, notices = self.backlog.take(1 << 30)
        self.pieces += pieces
        self.lost += [notice.why for notice in notices if notice.what == "lost"]
        return b"".join(piece.lines for piece in self.pieces)

    @property
    def errors(self) -> dict[str, int]:
        return dict(self.receiver.account.errors)


@contextmanager
def listening(feed: Feed, mark: str = "", capacity_bytes: int = 32 << 20) -> Iterator[Heard]:
    backlog = Backlog(capacity_bytes, elapsed_s)
    receiver = Receiver(1, feed, backlog, elapsed_s, mark)
    receiver.start()
    yield Heard(receiver, backlog)
    receiver.stop()
    asked = time.monotonic()
    receiver.join(3)
    assert not receiver.is_alive()
    assert time.monotonic() - asked < POLL_S + 0.5, "it did not stop within a second"


def tcp(port: int, **settings: str) -> Feed:
    query = "&".join(f"{k}={v}" for k, v in {"name": "roof", **settings}.items())
    return parse(f"tcp://127.0.0.1:{port}?{query}")


@dataclass(frozen=True)
class Made:
    """A source of blocks that a test gives."""

    make: Callable[[], Iterator[bytes]]
    format: str = "nmea"

    def blocks(self) -> Iterator[bytes]:
        return self.make()


def once(*blocks: bytes) -> Feed:
    return Feed(Made(lambda: (block for block in blocks)), "made")


def test_a_feed_that_flaps_for_an_hour_gives_every_whole_line_and_is_opened_each_time() -> None:
    given: list[bytes] = []
    lines = itertools.cycle(LINES)

    def flap(connection: socket.socket) -> None:
        some = [next(lines) for _ in range(random.Random(len(given)).randint(0, 5))]
        connection.sendall(b"".join(some) + b"!AIVDM,1,1,,A,half a li")
        given.extend(some)

    with tcp_end(flap) as port, listening(tcp(port)) as heard:
        assert wait_until(lambda: heard.receiver.account.reconnects_count >= 80, 12)
    # The rest of a line that a loss cut off is no line, and nothing else is missing.
    assert heard.lines == b"".join(given)
    assert sum(heard.errors.values()) >= 80
    assert len(heard.errors) < 4
    assert all("half" not in why for why in heard.lost)


def test_lines_that_come_in_halves_are_put_together() -> None:
    text = b"".join(LINES[:60])

    def dribble(connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        chance, at = random.Random(1), 0
        while at < len(text):
            size = chance.choice([1, 2, 3, 17, 64, 65])
            connection.sendall(text[at : at + size])
            at += size
        connection.recv(1)

    with tcp_end(dribble) as port, listening(tcp(port)) as heard:
        assert wait_until(lambda: heard.lines == text)
    assert all(piece.lines.endswith(b"\n") for piece in heard.pieces)


def test_lines_of_ten_megabytes_are_left_out_whole_counted_once_and_nothing_else_is() -> None:
    huge = b"!AIVDM,1,1,,A," + b"x" * (10 << 20)
    # What stands in a line that is too long is not taken for a line of its own.
    text = LINES[0] + huge + LINES[1] + LINES[2] + huge + b"\n" + LINES[3]
    for size in (1 << 10, 1 << 16, 1 << 22, 1 << 30):
        blocks = [text[at : at + size] for at in range(0, len(text), size)]
        with listening(once(*blocks)) as heard:
            heard.receiver.join(10)
        assert heard.lines == LINES[0] + LINES[2] + LINES[3], size
        assert heard.errors == {"line too long": 2}, size


def test_a_line_without_end_takes_no_more_memory_than_a_line_may_be_long() -> None:
    def flood() -> Iterator[bytes]:
        for _ in range(400):
            yield bytes(50_000)
            most.append(len(heard.receiver._rest))

    most: list[int] = []
    go = threading.Event()
    feed = Feed(Made(lambda: flood() if go.wait(2) else (b for b in ())), "made")
    with listening(feed) as heard:
        go.set()
        heard.receiver.join(5)
    assert len(most) == 400
    assert max(most) <= LINE_MAX
    assert heard.errors == {"line too long": 1}


@pytest.mark.parametrize("says", [b"", b"x"])
def test_a_feed_that_gives_nothing_or_never_a_whole_line_is_opened_anew(says: bytes) -> None:
    connections = []

    def sit(connection: socket.socket) -> None:
        connections.append(connection)
        connection.settimeout(0.02)
        for _ in range(200):
            connection.sendall(says)
            try:
                if not connection.recv(1):
                    return
            except TimeoutError:
                continue

    with tcp_end(sit) as port, listening(tcp(port, silence_s="0.2")) as heard:
        assert wait_until(lambda: len(connections) >= 3, 6)
        assert heard.lines == b""
    assert any("nothing was heard for" in why for why in heard.lost)


def test_garbage_is_passed_on_as_it_came_in_whole_lines() -> None:
    garbage = random.Random(5).randbytes(300_000).replace(b"\n", b"\r") + b"\n"
    text = LINES[0] + garbage[:50_000] + b"\n" + bytes(100) + b"\n" + LINES[1]

    def send(connection: socket.socket) -> None:
        connection.sendall(text)
        connection.recv(1)

    with tcp_end(send) as port, listening(tcp(port)) as heard:
        assert wait_until(lambda: heard.lines == text)


def test_datagrams_each_give_whole_lines_also_without_a_newline() -> None:
    port = free_port()
    with (
        listening(parse(f"udp://127.0.0.1:{port}?name=mast")) as heard,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
    ):

        def sent() -> bool:
            sender.sendto(LINES[0].rstrip(), ("127.0.0.1", port))
            sender.sendto(b"", ("127.0.0.1", port))
            sender.sendto(b"\xff" * 1400 + b"\n" + LINES[1], ("127.0.0.1", port))
            return LINES[0] in heard.lines and LINES[1] in heard.lines

        assert wait_until(sent)
    assert set(heard.lines.split(b"\n")) == {
        LINES[0].strip(), LINES[1].strip(), b"\xff" * 1400, b""
    }  # fmt: skip


def test_a_full_queue_drops_the_oldest_and_counts_what_it_dropped_by_source() -> None:
    now = itertools.count()
    backlog = Backlog(1000, lambda: float(next(now)))
    for i in range(100):
        backlog.put(1 + i % 2, b"%049d\n" % i)
    pieces, _ = backlog.take(1 << 20)
    assert b"".join(p.lines for p in pieces) == b"".join(b"%049d\n" % i for i in range(80, 100))
    assert backlog.dropped == {1: 40, 2: 40}
    assert (backlog.size_bytes, backlog.lines_count) == (0, 0)
    backlog.put(1, b"x" * 5000 + b"\n")  # one alone is taken however large it is
    assert len(backlog.take(10)[0]) == 1


def test_no_line_is_dropped_or_doubled_between_many_sources_and_one_that_takes() -> None:
    backlog, found = Backlog(1 << 30, elapsed_s), dict[int, list[bytes]]()

    def put(source: int) -> None:
        for i in range(2000):
            backlog.put(source, b"%d\n%d\n" % (2 * i, 2 * i + 1))

    threads = [threading.Thread(target=put, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    moments, taken = [], 0
    while taken < 4 * 4000:
        for piece in backlog.take(500)[0]:
            found.setdefault(piece.source, []).append(piece.lines)
            moments.append(piece.moment)
            taken += piece.lines_count
    for thread in threads:
        thread.join()
    assert moments == sorted(moments)
    assert all(b"".join(f) == b"".join(b"%d\n" % i for i in range(4000)) for f in found.values())
    assert (backlog.size_bytes, backlog.lines_count, backlog.dropped) == (0, 0, {})


def test_a_notice_never_comes_before_the_lines_that_came_before_it() -> None:
    now = itertools.count()
    backlog = Backlog(1 << 20, lambda: float(next(now)))
    for i in range(6):
        backlog.put(1, b"%d\n" % i)
        backlog.tell(feeds.Notice(1, backlog._now(), "lost", str(i)))
    seen: list[str] = []
    while backlog.ready.is_set():
        pieces, notices = backlog.take(2)
        both: list[Piece | feeds.Notice] = sorted([*pieces, *notices], key=lambda x: x.moment)
        seen += [
            x.lines.decode().strip() if isinstance(x, Piece) else f"lost {x.why}" for x in both
        ]
    assert seen == [word for i in range(6) for word in (str(i), f"lost {i}")]


def test_a_source_with_a_defect_is_said_to_have_failed_and_opened_again() -> None:
    def fail() -> Iterator[bytes]:
        yield LINES[0]
        raise ZeroDivisionError("division by zero")

    with listening(Feed(Made(fail), "made")) as heard:
        assert wait_until(lambda: heard.lines.count(b"\n") >= 5)
    assert set(heard.errors) == {"the source failed: ZeroDivisionError: division by zero"}


def test_a_source_that_fails_with_ever_new_words_is_counted_in_bounded_room() -> None:
    account = Account()
    for i in range(10_000):
        account.count(f"error {i}")
    assert len(account.errors) == KINDS_MAX + 1
    assert account.errors.total() == 10_000


def test_one_that_has_ended_says_so_once_and_is_not_opened_again() -> None:
    backlog = Backlog(1 << 20, elapsed_s)
    receiver = Receiver(1, once(LINES[0], b"the rest"), backlog, elapsed_s)
    receiver.start()
    receiver.join(2)
    pieces, notices = backlog.take(1 << 20)
    assert b"".join(piece.lines for piece in pieces) == LINES[0] + b"the rest\n"
    assert [(n.what, n.why) for n in notices] == [("ended", "its input has ended")]
    assert receiver.account.reconnects_count == 0


class Waits(threading.Event):
    """Keeps how long one would have waited, and ends it all after so many times."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most
        self.waited: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.waited.append(timeout or 0.0)
        if len(self.waited) >= self.most:
            self.set()
        return self.is_set()


def waits(most: int, monkeypatch: pytest.MonkeyPatch, heard_s: float = 0.0) -> list[float]:
    """Return how long a source waits that is lost again and again after it was heard so long."""
    monkeypatch.setattr(feeds, "FIRST_WAIT_S", 1.0)
    monkeypatch.setattr(feeds, "LONGEST_WAIT_S", 300.0)
    moment = 0.0

    def heard_for_a_while() -> Iterator[bytes]:
        nonlocal moment
        if heard_s:
            moment += heard_s
            yield LINES[0]
        raise SourceLost("the connection was refused")

    feed = Feed(Made(heard_for_a_while), "made")
    receiver = Receiver(1, feed, Backlog(1 << 20, lambda: moment), lambda: moment)
    receiver._stop_asked = stop = Waits(most)
    receiver.run()
    return stop.waited


def test_waits_grow_to_five_minutes_and_differ_from_station_to_station(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    many = [waits(12, monkeypatch) for _ in range(60)]
    for i, at_i in enumerate(zip(*many, strict=True)):
        due = min(2.0**i, 300.0)
        assert 0.5 * due <= min(at_i) < 0.7 * due
        assert 1.3 * due < max(at_i) <= 1.5 * due
        assert statistics.mean(at_i) == pytest.approx(due, rel=0.2)
    assert len({tuple(one) for one in many}) == 60


def test_lines_that_come_one_by_one_are_gathered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "GATHER_S", 0.3)

    def trickle(connection: socket.socket) -> None:
        for line in LINES[:50]:
            connection.sendall(line)
            time.sleep(0.02)
        connection.recv(1)

    with tcp_end(trickle) as port, listening(tcp(port)) as heard:
        assert wait_until(lambda: heard.lines == b"".join(LINES[:50]))
    assert len(heard.pieces) < 12


def test_one_that_was_heard_for_a_minute_is_tried_again_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert max(waits(12, monkeypatch, heard_s=61.0)) <= 1.5


def test_one_that_gives_a_little_each_time_is_never_waited_for_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert 10 < max(waits(40, monkeypatch, heard_s=59.0)) <= 1.5 * feeds.HEARD_WAIT_S


def test_stopping_does_not_wait_until_a_lost_source_would_be_opened_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(feeds, "FIRST_WAIT_S", 300.0)
    with listening(tcp(free_port())) as heard:
        assert wait_until(lambda: bool(heard.errors))
        assert heard.receiver.is_alive()  # and `listening` asserts that it stops soon


def test_a_followed_file_goes_on_behind_its_mark_after_every_loss(tmp_path: Path) -> None:
    path = tmp_path / "ais.nmea"
    path.write_bytes(b"".join(LINES[:50]))
    feed = parse(f"file:{path}?name=shore")
    with listening(feed) as heard:
        for i in range(1, 5):
            so_far = b"".join(LINES[: 50 * i])
            assert wait_until(lambda so_far=so_far: heard.lines == so_far)  # type: ignore[misc]
            moved = path.rename(tmp_path / "elsewhere")
            count = heard.receiver.account.reconnects_count
            later = 50 * (i + 1)
            with moved.open("ab") as file:
                file.write(b"".join(LINES[50 * i : later]))
            path.mkdir()  # it cannot be opened, and is lost
            assert wait_until(lambda c=count: heard.receiver.account.reconnects_count > c)  # type: ignore[misc]
            path.rmdir()
            moved.rename(path)
        assert wait_until(lambda: heard.lines == b"".join(LINES[:250]))
    mark = heard.pieces[-1].mark
    with path.open("ab") as file:
        file.write(LINES[300])
    with listening(feed, mark) as after:
        assert wait_until(lambda: after.lines == LINES[300])


def test_a_file_larger_than_the_queue_loses_no_line_while_the_station_is_slow(
    tmp_path: Path,
) -> None:
    path = tmp_path / "ais.nmea"
    text = b"".join(b"%079d\n" % i for i in range(60_000))
    path.write_bytes(text)
    feed = Feed(Follow(str(path), follow=False), "shore")
    with listening(feed, capacity_bytes=1 << 20) as heard:
        taken = b""
        while heard.receiver.is_alive() or heard.backlog.size_bytes:
            taken = heard.lines
            time.sleep(0.01)
    assert not heard.backlog.dropped
    assert taken == text


def test_a_serial_device_that_disappears_is_said_to_be_gone_and_heard_again_when_it_is_back(
    tmp_path: Path,
) -> None:
    link = tmp_path / "ttyAIS"
    with listening(parse(f"serial:{link}?baud=38400&name=dongle")) as heard:
        for line in LINES[:3]:
            near, far = pty.openpty()
            link.symlink_to(os.ttyname(far))

            def send(near: int = near, line: bytes = line) -> bool:
                os.write(near, line)
                return line in heard.lines

            assert wait_until(send, 6)
            count = heard.receiver.account.reconnects_count
            link.unlink()
            os.close(near)
            os.close(far)
            gone = lambda c=count: heard.receiver.account.reconnects_count > c + 1  # noqa: E731
            assert wait_until(gone, 6)
    assert set(heard.lines.splitlines(keepends=True)) == set(LINES[:3])
    assert heard.lost
