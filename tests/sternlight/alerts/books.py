"""Books with subscribers, for tests of who answers and what is due."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet

from sternlight.alerts.book import Book
from sternlight.alerts.credentials import Seal
from sternlight.alerts.subscription import Subscription

T = 1_790_000_000.0
DAY_S = 86_400.0
EVENT = "encounter-416000001.0-273000002.1-20260803T071200Z"
SHIPS = (273000002, 416000001)


def a_seal() -> Seal:
    return Seal(Fernet.generate_key().decode("ascii"))


def subscribed(book: Book, seal: Seal, to: str = "maria@example.org", **more: Any) -> Subscription:
    return book.add(seal, Subscription(0, more.pop("state", "active"), T, to, **more))


def sent(
    book: Book, seal: Seal, number: int, what: Any = "alert", thread: str = EVENT, t: float = T
) -> str:
    """Have a letter been sent; return its token."""
    book.put(seal, number, thread, what, t, "sent")
    token = seal.token("letter", number, thread, what)
    book.write("update letters set done = ? where token = ?", t, token)
    return token


def everything(book: Book) -> dict[str, list[tuple[Any, ...]]]:
    """Return all rows of a book, by table."""
    names = [row[0] for row in book.read("select name from sqlite_master where type = 'table'")]
    return {name: book.read(f"select * from {name}") for name in names}


def on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
