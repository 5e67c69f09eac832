"""Proofs of OpenTimestamps: that a hash is among those from which a block of Bitcoin was made."""

from __future__ import annotations

import warnings

from sternlight.evidence.head import Head
from sternlight.evidence.said import OTHER, Said
from sternlight.text import plain


def check(head: Head, answer: bytes, _: bytes) -> Said:
    """Check that a proof begins with the head; say which block must hold what it ends with.

    Raises ValueError that says what is wrong with it.
    """
    from opentimestamps.core.notary import BitcoinBlockHeaderAttestation
    from opentimestamps.core.op import OpSHA256
    from opentimestamps.core.serialize import (
        BytesDeserializationContext,
        DeserializationError,
    )
    from opentimestamps.core.timestamp import DetachedTimestampFile

    try:
        with warnings.catch_warnings():
            # Of a step that may be dropped some day, and that this version knows.
            warnings.simplefilter("ignore", PendingDeprecationWarning)
            proof = DetachedTimestampFile.deserialize(BytesDeserializationContext(answer))
    except (DeserializationError, ValueError) as error:
        raise ValueError(f"it is no proof of OpenTimestamps ({plain(str(error))})") from None
    if not isinstance(proof.file_hash_op, OpSHA256) or proof.file_digest != head.digest:
        raise ValueError(OTHER)
    blocks = sorted(
        (attestation.height, message[::-1].hex())
        for message, attestation in proof.timestamp.all_attestations()
        if isinstance(attestation, BitcoinBlockHeaderAttestation)
    )
    if not blocks:
        return Said(
            float("nan"), "OpenTimestamps, not yet in a block", "`ots upgrade` completes it"
        )
    height, root = blocks[0]
    trust = f"not checked here: block {height} of Bitcoin must have the Merkle root {root}"
    return Said(float("nan"), f"block {height} of Bitcoin", trust)
