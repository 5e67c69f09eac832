"""Answers of time-stamping authorities (RFC 3161): a hash and a time, signed by the authority."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sternlight.evidence.head import Head
from sternlight.evidence.said import OTHER, Said
from sternlight.text import counted, plain

if TYPE_CHECKING:
    from cryptography.x509 import Certificate
    from rfc3161_client.tsp import SignedData, TimeStampResponse


def query(head: Head) -> bytes:
    """Return what asks for a stamp of a head (TimeStampReq, DER)."""
    from rfc3161_client import TimestampRequestBuilder
    from rfc3161_client.base import HashAlgorithm

    asked = TimestampRequestBuilder().data(head.text()).hash_algorithm(HashAlgorithm.SHA256)
    return asked.cert_request(cert_request=True).build().as_bytes()


def check(head: Head, answer: bytes, pem: bytes) -> Said:
    """Check a time-stamp response against the root certificates in `pem`.

    Certificates must have been valid at the time that is told, not now.
    Raises ValueError that says what is wrong.
    """
    from rfc3161_client import VerificationError, VerifierBuilder

    response = _response(answer)
    if response.status:
        words = plain(" ".join(response.status_string)) or "without a word"
        raise ValueError(f"the authority has refused: {words}")
    info = response.tst_info
    if info.message_imprint.message != head.digest:
        raise ValueError(OTHER)
    known = _certificates(pem)
    roots = [one for one in known if one.issuer == one.subject]
    between = [one for one in known if one.issuer != one.subject]
    if not roots:
        raise ValueError(
            "nothing says whom to believe: --ca FILE.pem names the authority's root certificate"
        )
    why = ""
    for root in roots:
        try:
            VerifierBuilder(roots=[root], intermediates=between).build().verify(
                response, head.digest
            )
        except VerificationError as error:
            why = why or str(error)
        else:
            return Said(info.gen_time.timestamp(), _signer(response.signed_data), _named(root))
    raise ValueError(
        f"its signature was not made by an authority below {counted(len(roots), 'root')} in --ca"
        f" ({plain(why)})"
    )


def _response(answer: bytes) -> TimeStampResponse:
    from rfc3161_client import decode_timestamp_response

    try:
        return decode_timestamp_response(_in_order(answer))
    except (ValueError, IndexError):
        raise ValueError("it is no answer of a time-stamping authority (RFC 3161)") from None


def _in_order(answer: bytes) -> bytes:
    """Return an answer whose certificates stand in the order of DER, as the library insists.

    `openssl ts`, which many authorities run, leaves them as they came.  Nobody signs their order.
    """
    at, end = _inside(answer, 0)  # TimeStampResp
    at = _inside(answer, at)[1]  # behind its status
    if at == end:
        return answer  # a refusal has no token
    at, _ = _inside(answer, at)  # the token
    at, _ = _inside(answer, _inside(answer, at)[1])  # behind its type: [0]
    at, _ = _inside(answer, at)  # SignedData
    for _ in ("version", "digestAlgorithms", "encapContentInfo"):
        at = _inside(answer, at)[1]
    if answer[at] != CERTIFICATES:
        return answer
    start, end = _inside(answer, at)
    some, at = [], start
    while at < end:
        before, at = at, _inside(answer, at)[1]
        some.append(answer[before:at])
    return answer[:start] + b"".join(sorted(some)) + answer[end:]


CERTIFICATES = 0xA0  # the tag of SignedData's certificates, RFC 5652, 5.1


def _inside(data: bytes, at: int) -> tuple[int, int]:
    """Return where the content of the element of DER at a byte begins and ends."""
    length, start = data[at + 1], at + 2
    if length & 0x80:
        start += length & 0x7F
        length = int.from_bytes(data[at + 2 : start], "big")
    if start + length > len(data):
        raise ValueError("cut off")
    return start, start + length


def _certificates(pem: bytes) -> list[Certificate]:
    from cryptography.x509 import load_pem_x509_certificates

    try:
        return load_pem_x509_certificates(pem) if pem else []
    except ValueError:
        raise ValueError("--ca holds no certificates in PEM") from None


def _signer(signed: SignedData) -> str:
    """Return the name of the authority, as its certificate says it."""
    from cryptography.x509 import load_der_x509_certificate

    certificates = [load_der_x509_certificate(der) for der in signed.certificates]
    for info in signed.signer_infos:
        for one in certificates:
            if (one.issuer, one.serial_number) == (info.issuer, info.serial_number):
                return plain(one.subject.rfc4514_string())
    return "an authority without a name"


def _named(root: Certificate) -> str:
    from cryptography.hazmat.primitives.hashes import SHA256

    name = plain(root.subject.rfc4514_string())
    return f"root certificate {name}, SHA-256 {root.fingerprint(SHA256()).hex()}"
