"""Whose a release is: an Ed25519 signature over its canonical bytes. Verifies only: signs nothing, keeps no key.

A release file is one canonical JSON object of three fields: `key` (the public key, hex), `release`, and `signature`
(hex) over the canonical bytes of `release`. Who trusts a key compares `key` with the one they were told (pinned);
the one in the file only says which key it claims.
"""

from __future__ import annotations

import json
from typing import Any, NoReturn


class Forged(ValueError):
    """A file that is no release of this key; the text is a code."""


def canonical(value: object) -> bytes:
    """The one text of a JSON value of words and whole numbers: sorted, without blanks, plain ASCII."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode("ascii")


def parsed(file: bytes) -> Any:
    """The value of a canonical text. Raises Forged for every other text, a key that comes twice included."""
    try:
        value = json.loads(file, parse_float=_no_number, parse_constant=_no_number)
        is_canonical = canonical(value) == file
    except (ValueError, RecursionError):
        raise Forged("unreadable") from None
    if not is_canonical:
        raise Forged("not_canonical")
    return value


def verify(file: bytes | dict[str, Any], pinned: str) -> dict[str, Any]:
    """The release in a file, if the pinned key (hex) signed it and every byte is as it was made. Raises Forged.

    `file`: its bytes, or what `parsed` made of them, for a file that holds several.
    """
    claimed, release, signature = _fields(parsed(file) if isinstance(file, bytes) else file)
    if claimed != pinned:
        raise Forged("other_key")
    _prove(signature, canonical(release), pinned)
    return release


def _fields(whole: Any) -> tuple[object, dict[str, Any], bytes]:
    try:
        claimed, release, signature = whole["key"], whole["release"], bytes.fromhex(whole["signature"])
        is_plain = len(whole) == 3 and isinstance(release, dict) and signature.hex() == whole["signature"]
    except (ValueError, KeyError, TypeError, IndexError):
        raise Forged("unreadable") from None
    if not is_plain:
        raise Forged("not_canonical")
    return claimed, release, signature


def _prove(signature: bytes, data: bytes, pinned: str) -> None:
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 for who has something to verify
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415

    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(pinned)).verify(signature, data)
    except (InvalidSignature, ValueError):
        raise Forged("bad_signature") from None


def _no_number(text: str) -> NoReturn:
    """1.0 and 1 would be two texts of one value."""
    raise ValueError
