"""Mails as programs make them, in words of our own: answers, and mails that came back."""

from __future__ import annotations

QUOTED = (
    "Something stands out: encounter, 2 ships, 31 nmi off Dakar.",
    "",
    "stop",
    "Answer ok, snooze, dismiss with a reason, or stop.",
)


def of(*lines: str) -> bytes:
    return "\r\n".join((*lines, "")).encode()


def headed(token: str, *more: str, subject: str = "Re: Sternlight: encounter") -> list[str]:
    return [
        "From: Maria <maria@example.org>",
        "To: alerts@example.org",
        f"Subject: {subject}",
        "Message-ID: <CAF0123456789@mail.example.org>",
        f"In-Reply-To: <{token}@example.org>",
        f"References: <{token}@example.org>",
        "MIME-Version: 1.0",
        *more,
    ]


def simple(token: str, *body: str, more: tuple[str, ...] = ()) -> bytes:
    """An answer without a quotation."""
    return of(*headed(token, *more), "Content-Type: text/plain; charset=utf-8", "", *body)


def gmail(token: str, said: str) -> bytes:
    return of(
        *headed(token),
        'Content-Type: multipart/alternative; boundary="0000000000005e"',
        "",
        "--0000000000005e",
        'Content-Type: text/plain; charset="UTF-8"',
        "",
        said,
        "",
        "On Mon, Aug 3, 2026 at 9:12 AM Sternlight, the station of the port <",
        "alerts@example.org> wrote:",
        "",
        *(f"> {line}" for line in QUOTED),
        "",
        "--0000000000005e",
        'Content-Type: text/html; charset="UTF-8"',
        "",
        f'<div dir="ltr">{said}</div><br><div class="gmail_quote"><div class="gmail_attr">On Mon,'
        ' Aug 3, 2026 wrote:<br></div><blockquote class="gmail_quote">stop</blockquote></div>',
        "",
        "--0000000000005e--",
    )


def outlook(token: str, said: str) -> bytes:
    """Plain text in which nothing tells what is quoted but a heading."""
    return of(
        *headed(token, "Thread-Topic: Sternlight", "X-MS-Has-Attach: yes"),
        "Content-Type: text/plain; charset=iso-8859-1",
        "Content-Transfer-Encoding: quoted-printable",
        "",
        said,
        "",
        "________________________________",
        "Von: Sternlight <alerts@example.org>",
        "Gesendet: Montag, 3. August 2026 09:12",
        "An: Maria",
        "Betreff: Sternlight: encounter",
        "",
        *QUOTED,
    )


def outlook_html(token: str, said: str) -> bytes:
    return of(
        *headed(token),
        "Content-Type: text/html; charset=utf-8",
        "",
        "<html><head><style>p.MsoNormal {margin: 0}</style><title>stop</title></head>",
        f'<body lang="EN"><div class="WordSection1"><p class="MsoNormal">{said}<o:p></o:p></p>',
        '<p class="MsoNormal">&nbsp;</p><div style="border-top:solid #E1E1E1 1.0pt">',
        "<p><b>From:</b> Sternlight<br><b>Sent:</b> Monday<br><b>To:</b> Maria<br>",
        "<b>Subject:</b> Sternlight</p></div><p>stop</p></div></body></html>",
    )


def iphone(token: str, said: str) -> bytes:
    return of(
        *headed(token, "X-Mailer: iPhone Mail (21A329)"),
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: 8bit",
        "",
        said,
        "",
        "Sent from my iPhone",
        "",
        "> On 3 Aug 2026, at 09:12, Sternlight <alerts@example.org> wrote:",
        "> ",
        *(f"> {line}" for line in QUOTED),
    )


def k9(token: str, said: str) -> bytes:
    """What K-9 makes of an answer below the quotation."""
    return of(
        *headed(token, "User-Agent: K-9 Mail for Android"),
        "Content-Type: text/plain; charset=utf-8",
        "",
        "Am 3. August 2026 09:12:00 MESZ schrieb Sternlight <alerts@example.org>:",
        *(f">{line}" for line in QUOTED),
        "",
        said,
        "-- ",
        "Maria, by telephone",
    )


def thunderbird(token: str, said: str) -> bytes:
    """Below the quotation, of which a long line was broken in two."""
    return of(
        *headed(token, "User-Agent: Mozilla Thunderbird"),
        "Content-Type: text/plain; charset=UTF-8; format=flowed",
        "",
        "Le 03/08/2026 à 09:12, Sternlight a écrit :",
        *(f"> {line}" for line in QUOTED),
        "stop",
        "",
        said,
    )


PROGRAMS = (gmail, outlook, outlook_html, iphone, k9, thunderbird)


def away(token: str, *more: str, body: str = "I am away until Monday.") -> bytes:
    return of(*headed(token, *more), "", body, "", "> stop")


# -- Mails that came back


def postfix(token: str, status: str = "5.1.1", action: str = "failed") -> bytes:
    return of(
        "Return-Path: <>",
        "From: MAILER-DAEMON@mail.example.org (Mail Delivery System)",
        "To: alerts@example.org",
        "Subject: Undelivered Mail Returned to Sender",
        "Auto-Submitted: auto-replied",
        f"Message-ID: <20260803071200.{status}@mail.example.org>",
        "MIME-Version: 1.0",
        "Content-Type: multipart/report; report-type=delivery-status;",
        '\tboundary="4X.1754/mail"',
        "",
        "--4X.1754/mail",
        "Content-Description: Notification",
        "Content-Type: text/plain; charset=us-ascii",
        "",
        "The letter below went no further.",
        "",
        "--4X.1754/mail",
        "Content-Type: message/delivery-status",
        "",
        "Reporting-MTA: dns; mail.example.org",
        "",
        "Final-Recipient: rfc822; maria@example.org",
        f"Action: {action}",
        f"Status: {status}",
        "Diagnostic-Code: smtp; 550 no such user",
        "",
        "--4X.1754/mail",
        "Content-Type: message/rfc822",
        "",
        "From: alerts@example.org",
        f"Message-ID: <{token}@example.org>",
        "Subject: Sternlight: encounter",
        "",
        *QUOTED,
        "",
        "--4X.1754/mail--",
    )


def exchange(token: str) -> bytes:
    """Headers of ours come back in base64, as text/rfc822-headers."""
    import base64

    quoted = of("From: alerts@example.org", f"Message-ID: <{token}@example.org>", "Subject: x")
    return of(
        "From: <postmaster@example.org>",
        "To: alerts@example.org",
        "Subject: Undeliverable: Sternlight: encounter",
        "Message-ID: <0a1b9c8d-7e6f@example.org>",
        'Content-Type: multipart/report; report-type="delivery-status"; boundary="_000_"',
        "",
        "--_000_",
        'Content-Type: multipart/alternative; boundary="_001_"',
        "",
        "--_001_",
        "Content-Type: text/html",
        "",
        "<p>Not delivered: the mailbox is full.</p>",
        "--_001_--",
        "--_000_",
        "Content-Type: message/delivery-status",
        "",
        "Reporting-MTA: dns;EXCH01.example.org",
        "",
        "Final-recipient: RFC822;maria@example.org",
        "Action: failed",
        "Status: 5.2.2 (mailbox full)",
        "",
        "--_000_",
        "Content-Type: text/rfc822-headers",
        "Content-Transfer-Encoding: base64",
        "",
        base64.b64encode(quoted).decode(),
        "--_000_--",
    )


def old_exim(
    token: str, subject: str = "Mail delivery failed", why: str = "550 no mailbox"
) -> bytes:
    """No report at all, only words and the headers of ours."""
    return of(
        "From: Mail Delivery System <Mailer-Daemon@mail.example.org>",
        "To: alerts@example.org",
        f"Subject: {subject}",
        "Auto-Submitted: auto-replied",
        "Message-ID: <E1abcd-000-XY@mail.example.org>",
        "",
        "A letter that was sent from here did not reach:",
        "",
        "  maria@example.org",
        f"    host mx.example.org: {why}",
        "",
        "------ These are its headers ------",
        "",
        f"Message-ID: <{token}@example.org>",
        "Subject: Sternlight: a warning of nothing",
    )


def qmail(token: str) -> bytes:
    return of(
        "Return-Path: <>",
        "From: system@mail.example.org",
        "To: alerts@example.org",
        "Subject: failure notice",
        "",
        "<maria@example.org>:",
        "This is permanent, and it is given up.",
        "",
        "--- below are the headers",
        f"Message-ID: <{token}@example.org>",
    )


RETURNED = (postfix, exchange, old_exim, qmail)
