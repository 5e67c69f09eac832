"""A mail server that greylists, refuses, is slow, full, or breaks off; it keeps what it took."""

from __future__ import annotations

import asyncio
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from _soak_alerts_people import Person
from aiosmtpd.smtp import SMTP, Envelope, Session

HOST = "127.0.0.1"
GREYLISTED_TRIES = 2
SLOW_S = 0.3


class Taken(NamedTuple):
    """A mail that was taken over."""

    t: float  # of the simulated clock
    round: int
    to: tuple[str, ...]
    content: bytes
    answered: bool  # False: whoever sent it was never told


@dataclass
class Server:
    """Everybody's mailbox.  `now` is the simulated clock, `round` the round that goes on."""

    people: dict[str, Person]
    seed: int
    now: Callable[[], float]
    round: int = 0
    faulty: bool = True
    out_until: float = 0.0  # nothing at all is taken until then
    taken: list[Taken] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    strangers: list[str] = field(default_factory=list)
    asked: Counter[str] = field(default_factory=Counter)
    port: int = 0

    def __post_init__(self) -> None:
        self.chance = random.Random(f"{self.seed} server")

    def fault(self, name: str, share: float) -> bool:
        """Return whether something goes wrong this time."""
        if not self.faulty or self.chance.random() >= share:
            return False
        self.faults[name] += 1
        return True

    @contextmanager
    def running(self) -> Iterator[None]:
        """Serve in a thread."""
        loop, begun = asyncio.new_event_loop(), threading.Event()
        thread = threading.Thread(target=self._serve, args=(loop, begun), daemon=True)
        thread.start()
        begun.wait()
        try:
            yield
        finally:
            loop.call_soon_threadsafe(loop.stop)
            thread.join(10)

    def _serve(self, loop: asyncio.AbstractEventLoop, begun: threading.Event) -> None:
        asyncio.set_event_loop(loop)
        loop.set_exception_handler(lambda loop, context: None)  # connections that end are usual
        serving = loop.create_server(lambda: _Talk(self, loop), HOST, 0)
        server = loop.run_until_complete(serving)
        self.port = server.sockets[0].getsockname()[1]
        begun.set()
        loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(loop):
            task.cancel()
            with suppress(asyncio.CancelledError, OSError):
                loop.run_until_complete(task)
        loop.close()

    # -- What aiosmtpd asks of a handler

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, sender: str, options: list[str]
    ) -> str:
        """Say whether anybody may send."""
        if self.faulty and self.now() < self.out_until:
            self.faults["421: out of order"] += 1
            return "421 4.3.2 out of order"
        envelope.mail_from = sender
        envelope.mail_options.extend(options)
        return "250 2.1.0 ok"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, to: str, options: list[str]
    ) -> str:
        """Say whether a mailbox takes anything."""
        person = self.people.get(to)
        if person is None:
            self.strangers.append(to)
            return "550 5.1.1 nobody of that name"
        if person.temper == "dead":
            self.faults["550: no such user"] += 1
            return "550 5.1.1 nobody of that name"
        if self.faulty and person.temper == "greylists":
            self.asked[to] += 1
            if self.asked[to] % (GREYLISTED_TRIES + 3) < GREYLISTED_TRIES:
                self.faults["451: greylisted"] += 1
                return "451 4.7.1 greylisted, come back later"
        if person.temper == "full for days" and person.full[0] < self.now() < person.full[1]:
            self.faults["452: mailbox full"] += 1
            return "452 4.2.2 mailbox full"
        if self.fault("450: not now", 0.02):
            return "450 4.2.0 not now"
        envelope.rcpt_tos.append(to)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take a mail over, or say why not."""
        if self.fault("slow", 0.02):
            await asyncio.sleep(SLOW_S)
        if self.fault("451: after the dot", 0.01):
            return "451 4.3.0 come back later"
        lost = self.fault("cut after the dot, mail taken", 0.01)
        content = envelope.original_content or b""
        self.taken.append(
            Taken(self.now(), self.round, tuple(envelope.rcpt_tos), content, not lost)
        )
        if lost:
            raise server.cut()
        return "250 2.0.0 taken"


class _Talk(SMTP):
    """One connection."""

    def __init__(self, owner: Server, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(owner, hostname="soak.example.org", enable_SMTPUTF8=True, loop=loop)
        self._owner = owner

    def cut(self) -> asyncio.CancelledError:
        """End the connection at once; return what ends its task."""
        assert isinstance(self.transport, asyncio.Transport)
        self.transport.abort()
        return asyncio.CancelledError()

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        """Break off within a mail, sometimes."""
        if (
            self.envelope is not None
            and self.envelope.rcpt_tos
            and self._owner.fault("cut in the mail", 0.01)
        ):
            await self.push("354 go on")
            await self._reader.read(100)
            raise self.cut()
        await super().smtp_DATA(arg)
