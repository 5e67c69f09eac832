"""The page in a bundle for those who have neither Sternlight nor experience with it.

In the words of the Berkeley Protocol on Digital Open Source Investigations (OHCHR and Human
Rights Center, 2022).
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from sternlight.evidence.manifest import LINES, LISTS, PLACES, RAW, STATE, Manifest
from sternlight.evidence.sums import KEY, SIGNATURE, SUMS
from sternlight.guidance import SAYS_NOT
from sternlight.text import counted, plain

WIDTH = 88
NO_KEY = (
    "Nobody has signed this bundle. Its files can be held against its own list, which shows an"
    " accident and not a forgery: whoever changes a file can change the list."
)
SIGNED = (
    "The list of all files is signed with the key of the station. Compare the key's fingerprint"
    " with the one that the owner of the station tells you by another way (a call, a letter, a"
    " web page); without that, anybody may have made the key:"
)


def readme(
    manifest: Manifest, custody: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]
) -> str:
    """Return the page as text."""
    said = [
        "EVIDENCE FROM RADIO MESSAGES OF SHIPS",
        *_what(manifest, custody, rows),
        *_files(manifest),
        *_with_sternlight(manifest),
        *_without(manifest),
        "WHOSE DATA IT IS",
        *(f"- {plain(one)}" for one in manifest.credits),
        "WHAT IT DOES NOT SAY",
        *(f"- {one}" for one in SAYS_NOT),
        "- That the sentences were received does not show who sent them: AIS has no signature.",
        "- Keep this file as it is, and work on copies. Write down who got it from whom, and when.",
    ]
    return "\n\n".join(map(_wrapped, said)) + "\n"


def _what(
    manifest: Manifest, custody: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]
) -> list[str]:
    by = f" by {custody['by']}" if custody["by"] else ""
    said = [
        "WHAT THIS IS",
        "Ships say by radio (AIS) who and where they are. A receiver has written these messages"
        " down, and the program Sternlight has found in them what is told below. This bundle holds"
        " the messages themselves, so that anybody can check whether they say so.",
        f"Bundled {custody['when']}{by}, for this reason: {custody['why']}",
    ]
    for row in rows:
        until = row["end"] or "going on"
        ships = ", ".join(map(str, row["mmsis"])) or "an area"
        said.append(
            f"  {row['id']}\n  {row['kind']}, {row['start']} to {until}, {plain(row['place'])};"
            f" MMSI {ships}"
        )
    if not rows:
        said.append(f"No event: what MMSI {manifest.about} sent is handed on as it was heard.")
    return said + [f"Note: {note}" for note in manifest.notes]


def _files(manifest: Manifest) -> list[str]:
    station = manifest.origin == "station"
    if manifest.lines_only:
        copy = f"{LINES}  lines of the {manifest.origin}, as they were received"
    elif station:
        files = counted(len(manifest.segments), "file")
        copy = f"{RAW}/  {files} of the station's raw log, byte by byte"
    else:
        copy = f"{RAW}/  the recording, byte by byte"
    said = [
        "WHAT STANDS WHERE",
        f"Evidentiary copy (the original, untouched):\n  {copy}",
        "Working copy (made from it):\n  events.jsonl  what Sternlight found, with all figures"
        "\n  sentences.txt  the messages that each event rests on, to read",
        f"How it was made:\n  manifest.json  settings, versions, hashes of the raw log"
        f"\n  custody.jsonl  who handed this on, when and why\n  {SUMS}  hashes of all files",
    ]
    if manifest.key:
        said.append(f"Signature:\n  {SIGNATURE}  of {SUMS}\n  {KEY}  the public key of the station")
    extra = [
        f"  {STATE}  what the station had learned before the first of these files"
        if manifest.state_before
        else "",
        f"  {PLACES}/  places that the user named" if manifest.places else "",
        f"  {LISTS}/  watch lists that were used"
        if any(one.included for one in manifest.lists)
        else "",
    ]
    if any(extra):
        said.append("Besides:\n" + "\n".join(filter(None, extra)))
    return said


def _with_sternlight(manifest: Manifest) -> list[str]:
    return [
        "HOW TO CHECK IT WITH STERNLIGHT",
        f"Install Sternlight, which is free software; version {manifest.release} computed what is"
        " told here. Then type\n  sternlight verify THIS_FILE.zip",
        "It holds every byte against the hashes (integrity), checks the signature (authenticity),"
        " reads the messages again and computes each event anew. It says 'equal', or exactly what"
        " differs. No network is needed.",
    ]


def _without(manifest: Manifest) -> list[str]:
    said = [
        "HOW TO CHECK IT WITHOUT STERNLIGHT",
        "Unpack the ZIP file, open a terminal in its folder, and type what is indented. These"
        " programs are part of Linux or can be had for every system.",
        f"1. No file was changed. Every line must end in OK:\n  sha256sum -c {SUMS}",
    ]
    if manifest.key:
        said += [
            "2. The list is the station's. It must answer 'Signature Verified Successfully':\n"
            f"  openssl pkeyutl -verify -pubin -inkey {KEY} -rawin -in {SUMS} -sigfile {SIGNATURE}",
            f"{SIGNED}\n  {manifest.key}\nTo see that it is the key's:\n"
            f"  openssl pkey -pubin -in {KEY} -outform DER | sha256sum",
        ]
    else:
        said.append(f"2. {NO_KEY}")
    if manifest.origin == "station" and not manifest.lines_only:
        last = manifest.segments[-1].name
        said.append(
            "3. Read the messages themselves, such as in the last file:\n"
            f"  zstd -dc {RAW}/{last} | less\n"
            "Each file names on its second line, behind previous=, the SHA-256 of what stands in"
            " the file before it, up to its last line. To see that hash:\n"
            f"  zstd -dc {RAW}/{last} | head -n -1 | sha256sum"
        )
    return said


def _wrapped(text: str) -> str:
    """Break long lines, but for those that are indented: they are typed as they stand."""
    return "\n".join(
        line if line.startswith("  ") else textwrap.fill(line, WIDTH, break_on_hyphens=False,
                                                          break_long_words=False)
        for line in text.split("\n")
    )  # fmt: skip
