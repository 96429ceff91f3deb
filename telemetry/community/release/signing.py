"""Who made a release: an Ed25519 signature over its canonical bytes. The only user of cryptography.

A release file is one canonical JSON object of three fields: `key` (the public key, hex), `release`, and `signature`
(hex) over the canonical bytes of `release`. Who trusts a key compares `key` with the one they were told (pinned);
the one in the file only says which key it claims.
"""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from telemetry.contract import durable
from telemetry.contract.errors import TelemetryError

Key = Ed25519PrivateKey
_KEY_BYTES = 32


class Forged(ValueError):
    """A file that is no release of this key; the text is a code."""


def canonical(value: object) -> bytes:
    """The one text of a JSON value of words and whole numbers: sorted, without blanks, plain ASCII."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode("ascii")


def make_key(file: Path) -> str:
    """Write a new private key (32 bytes, 0600) where none is; its public key in hex."""
    if file.exists():
        raise TelemetryError("there is a key already", f"Releases signed with {file} are trusted by it; move it away.")
    private = Ed25519PrivateKey.generate()
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        durable.write(folder, file.name, private.private_bytes_raw(), "key")
    finally:
        os.close(folder)
    return public_of(private)


def load_key(file: Path) -> Key:
    """The private key of a file that nobody else can read."""
    try:
        fd = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        raise TelemetryError("there is no signing key", "agentspec-community release --make-key") from None
    except OSError:
        raise TelemetryError("the signing key cannot be opened", f"Look at {file}.") from None
    try:
        return _private(fd, file)
    finally:
        os.close(fd)


def _private(fd: int, file: Path) -> Key:
    about = os.fstat(fd)
    if not stat.S_ISREG(about.st_mode) or about.st_mode & 0o077:
        raise TelemetryError("the signing key is open to others", f"chmod 600 {file}, or make a new one.")
    data = os.read(fd, _KEY_BYTES + 1)
    if len(data) != _KEY_BYTES:
        raise TelemetryError("the signing key is damaged", f"{file} should hold {_KEY_BYTES} bytes.")
    return Ed25519PrivateKey.from_private_bytes(data)


def public_of(private: Key) -> str:
    """The public key, in hex."""
    return private.public_key().public_bytes_raw().hex()


def sign(release: dict[str, Any], private: Key) -> bytes:
    """The file of a release."""
    signature = private.sign(canonical(release)).hex()
    return canonical({"key": public_of(private), "release": release, "signature": signature})


def verify(file: bytes, pinned: str) -> dict[str, Any]:
    """The release in a file, if the pinned key (hex) signed it and every byte is as it was made. Raises Forged."""
    try:
        whole = json.loads(file)
        claimed, release, signature = whole["key"], whole["release"], bytes.fromhex(whole["signature"])
        is_canonical = canonical(whole) == file and signature.hex() == whole["signature"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Forged("unreadable") from None
    if len(whole) != 3 or not is_canonical or not isinstance(release, dict):
        raise Forged("not_canonical")
    if claimed != pinned:
        raise Forged("other_key")
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(pinned)).verify(signature, canonical(release))
    except (InvalidSignature, ValueError):
        raise Forged("bad_signature") from None
    return release
