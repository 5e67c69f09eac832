"""The commands of evidence: check a raw log, have it stamped, show the station's key."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from sternlight.cli import FAILED, OK, PARTIAL, WATCHLIST, main
from sternlight.cli_bundle import is_bundle, verify_bundle
from sternlight.cli_station import CONFIG, DATA, JSON, _folder, _settings

CA = click.option(
    "--ca", "authorities", multiple=True, type=click.Path(path_type=Path),
    metavar="FILE.pem", help="Root certificates of time-stamping authorities; may be repeated.",
)  # fmt: skip


@main.command()
@click.argument("path", required=False, type=click.Path(path_type=Path))
@DATA
@CONFIG
@CA
@JSON
@WATCHLIST
@click.option("--key", "fingerprint", default="", metavar="FINGERPRINT",
              help="By which key a bundle must be signed.")  # fmt: skip
def verify(
    path: Path | None,
    data: Path | None,
    config: Path | None,
    authorities: tuple[Path, ...],
    as_json: bool,
    watchlists: tuple[str, ...],
    fingerprint: str,
) -> None:
    """Check a bundle, or the raw log of a station's folder, or of this station.

    Exit code 0: all is as it was written, gaps or not; 1: something was changed, or an event of
    a bundle does not come out again as it was told; 2: it could not be checked.
    """
    if path is not None and is_bundle(path):
        sys.exit(verify_bundle(path, watchlists, fingerprint, as_json, _pem(authorities)))
    folder = path or _folder(data, _settings(config))
    if not folder.is_dir():
        raise click.UsageError(f"{folder} is no folder of a station")
    sys.exit(_verify_log(folder, _pem(authorities), as_json))


def _verify_log(folder: Path, roots: bytes, as_json: bool) -> int:
    """Check a log and say how it is; return the exit code."""
    from sternlight.evidence import chain, show
    from sternlight.evidence.kept import Witness
    from sternlight.evidence.stamped import shown
    from sternlight.evidence.stamps import stamps
    from sternlight.jsontext import dumps
    from sternlight.progress import Progress
    from sternlight.rawlog import segments

    total = len(segments(chain.raw_of(folder)))
    progress, done = Progress(), 0
    progress.begin("Checking", "segments")

    def seen(_: object) -> None:
        nonlocal done
        done += 1
        progress.update(done, total)

    stamped = stamps(folder, roots)
    try:
        found = chain.check(folder, {stamp.head.segment for stamp in stamped}, seen)
    finally:
        progress.end()
    if not found.segments_count and found.changed is None:
        click.echo(f"sternlight: there is no raw log in {chain.raw_of(folder)}", err=True)
        return FAILED
    told = shown(found, Witness.of(folder), stamped)
    if as_json:
        click.echo(dumps(show.row(found, told)))
    else:
        for line in show.told(found, told):
            click.echo(line)
    return OK if found.changed is None else PARTIAL


@main.command()
@DATA
@CONFIG
@CA
@click.option("--attach", "answers", multiple=True, type=click.Path(path_type=Path),
              metavar="FILE", help="An answer, .tsr or .ots; may be repeated.")  # fmt: skip
def stamp(
    data: Path | None,
    config: Path | None,
    authorities: tuple[Path, ...],
    answers: tuple[Path, ...],
) -> None:
    """Ask for somebody else's word on when the raw log existed, or keep the answer.

    Nothing is sent: it writes files, and says how you send them.
    """
    from sternlight.alerts.owner import as_owner
    from sternlight.evidence.show import stamp_told
    from sternlight.evidence.stamps import attach, head_of, request

    settings, roots = _settings(config), _pem(authorities)
    folder = _folder(data, settings)
    given = [(path.name, _read(path)) for path in answers]
    as_owner(folder, Path(settings.mail.keys))
    for name, answer in given:
        click.echo(stamp_told(attach(folder, name, answer, roots)))
    if not given:
        made = request(folder, head_of(folder))
        answer_name = made.query.with_suffix(".tsr").name
        click.echo(HOW.format(head=made.head, query=made.query, answer=answer_name))


HOW = """\
{head} says where the raw log stands. To have that stamped, with network:

  by a time-stamping authority (RFC 3161), such as freetsa.org, whose root is https://freetsa.org/files/cacert.pem
    curl -sS -H "Content-Type: application/timestamp-query" --data-binary @{query} -o {answer} https://freetsa.org/tsr
    sternlight stamp --attach {answer} --ca cacert.pem

  by OpenTimestamps, whose proof is complete after some hours
    ots stamp {head}
    ots upgrade {head}.ots
    sternlight stamp --attach {head}.ots

They learn its hash, and nothing of what stands in it. docs/evidence.md has more."""


@main.command()
@CONFIG
@click.option("--keys", type=click.Path(path_type=Path),
              help="The folder of keys.  [default: as in the settings]")  # fmt: skip
def key(config: Path | None, keys: Path | None) -> None:
    """Show the fingerprint of the station's key, which signs evidence; make it if there is none."""
    from sternlight.alerts.credentials import STATION, there
    from sternlight.evidence.keys import fingerprint, make_key, public_pem

    folder = keys or Path(_settings(config).mail.keys)
    made = "" if there(folder, STATION) else " It was made now: keep a copy elsewhere."
    path = make_key(folder)
    public = public_pem(folder) or b""
    click.echo(
        f"{path} is the station's key, which signs evidence.{made}\n"
        "The fingerprint of its public half, by which others know that evidence is this station's:"
        f"\n\n    {fingerprint(public)}\n\n"
        "Hand it on by another way than the evidence: on paper, by telephone.\n"
    )


def _pem(files: tuple[Path, ...]) -> bytes:
    return b"\n".join(_read(path) for path in files)


def _read(path: Path) -> bytes:
    from receiver.decoded import BadInput

    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {(error.strerror or '').lower()}") from None
