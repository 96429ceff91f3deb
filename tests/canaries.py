"""Traces of a canary: the string itself, its plain hashes, its base64, in any byte below a folder, packed or not."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import re
import zlib
from collections.abc import Iterable
from pathlib import Path

_GZIP = re.compile(rb"\x1f\x8b\x08")  # with this every member begins
_HASHES = ("md5", "sha1", "sha256", "sha512", "blake2b", "blake2s")


def marks_of(canary: str) -> list[bytes]:
    """What must not be found: the string, its hex digests (whole and their first 16 digits), its base64."""
    data = canary.encode()
    digests = [hashlib.new(name, data).hexdigest() for name in _HASHES]
    short = [hashlib.blake2b(data, digest_size=size).hexdigest() for size in (8, 16)]
    # Base64 of the string at each of the three offsets it can have inside a longer text.
    shifted = [base64.b64encode(b"\0" * shift + data)[4 if shift else 0 : -4] for shift in range(3)]
    marks = [data, data[::-1], *(digest.encode() for digest in digests), *(digest[:16].encode() for digest in digests)]
    return [*marks, *(digest.encode() for digest in short), *shifted]


def traces_in(folder: Path, canaries: Iterable[str]) -> list[str]:
    """`file: canary` for every file of the folder whose name or bytes hold a mark of a canary."""
    marks = [(canary, mark) for canary in canaries for mark in marks_of(canary) if len(mark) >= 6]
    found = []
    for path in sorted(folder.rglob("*")):
        content = str(path.relative_to(folder)).encode() + b"\n"
        content += path.read_bytes() if path.is_file() and not path.is_symlink() else b""
        content += _unpacked(content)
        found += [f"{path.relative_to(folder)}: {canary}" for canary, mark in marks if mark in content]
    return found


def _unpacked(content: bytes) -> bytes:
    """All that is packed with gzip in it, wherever that begins: in a request, after its headers."""
    return b"".join(b"\n" + _inflated(content[found.start() :]) for found in _GZIP.finditer(content))


def _inflated(data: bytes) -> bytes:
    with contextlib.suppress(zlib.error):  # three bytes that only look like a beginning
        return zlib.decompressobj(wbits=zlib.MAX_WBITS | 16).decompress(data)
    return b""
