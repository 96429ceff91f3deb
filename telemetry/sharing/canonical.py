"""One value, one text: the canonical JSON in which reports are sealed, shown, hashed and sent. Pure.

The subset of RFC 8785 (JSON Canonicalization Scheme) whose texts are plain ASCII: sorted keys, no blanks, the shortest
number. What lies outside of it is refused, not bent: other letters, NaN and infinities, whole numbers past 2^53 - 1,
fractions that need an exponent, keys that are no strings. A whole number is an integer: 5.0 and 5 both give `5`.
"""

from __future__ import annotations

import json
from hashlib import sha256 as _sha256

_MOST = 2**53 - 1  # the largest whole number that every reader of JSON keeps exactly
_AS_IT_IS = frozenset((str, bool, type(None)))

_encode = json.JSONEncoder(
    ensure_ascii=False, check_circular=False, allow_nan=False, sort_keys=True, separators=(",", ":")
).encode


def canonical(value: object) -> bytes:
    """The canonical bytes of a JSON value. Raises ValueError for what has none."""
    try:
        return _encode(_plain(value)).encode("ascii")
    except RecursionError:
        raise ValueError("nested too deeply") from None


def sha256(data: bytes) -> str:
    """The SHA-256 of bytes, in hexadecimal."""
    return _sha256(data).hexdigest()


def _plain(value: object) -> object:
    """The same value, whole numbers as integers. Raises ValueError for what the subset does not have."""
    if isinstance(value, dict):
        if set(map(type, value)) - {str}:
            raise ValueError("a key that is no string")
        return {key: item if type(item) in _AS_IT_IS else _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if type(value) in _AS_IT_IS:
        return value
    if isinstance(value, int):
        return _whole(value)
    if isinstance(value, float):
        return _number(value)
    raise ValueError(f"{type(value).__name__} is not JSON")


def _number(value: float) -> float:
    if value.is_integer():
        return _whole(int(value))
    if "e" in repr(value):
        raise ValueError("a number that needs an exponent")
    return value


def _whole(value: int) -> int:
    if not -_MOST <= value <= _MOST:
        raise ValueError("a whole number that not every reader keeps")
    return value
