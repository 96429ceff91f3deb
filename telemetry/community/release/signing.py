"""Signs releases: keeps the private key, and makes the files that telemetry/contract/signature.py verifies."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from telemetry.contract import durable
from telemetry.contract.errors import TelemetryError
from telemetry.contract.signature import canonical

Key = Ed25519PrivateKey
_KEY_BYTES = 32


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
