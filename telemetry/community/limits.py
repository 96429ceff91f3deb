"""How often one address may ask, and how much it may send: token buckets, found by a keyed hash, in memory only.

The key is random, made when the process starts, and stored nowhere; the address itself is not kept either. The most
that is remembered is bounded: who was not seen for longest is forgotten, which is to be let in.
"""

from __future__ import annotations

import re
import secrets
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from hashlib import blake2b
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import NamedTuple

Network = IPv4Network | IPv6Network
MOST = 100_000  # pseudonyms remembered: some 20 MB
_FOUR_NUMBERS = re.compile(r"(?:0|[1-9][0-9]{0,2})(?:\.(?:0|[1-9][0-9]{0,2})){3}")


class Rate(NamedTuple):
    """How many of something an address may have: in a minute on the average (0: any number), and at once."""

    per_minute: float
    burst: int


class _Bucket(NamedTuple):
    tokens: float
    at: float


class Pseudonyms:
    """What stands for addresses here: a hash under a key that is made with this, and is nowhere else."""

    def __init__(self) -> None:
        self._hash = blake2b(key=secrets.token_bytes(32), digest_size=16)

    def of(self, address: str) -> bytes:
        """The pseudonym of all that counts as one with this address: 16 bytes."""
        keyed = self._hash.copy()
        keyed.update(subject_of(address))
        return keyed.digest()


class Limiter:
    """Knows, of each pseudonym, how many it has left: requests, or reports."""

    def __init__(self, rate: Rate, most: int = MOST) -> None:
        self._per_second, self._burst, self._most = rate.per_minute / 60, rate.burst, most
        self._buckets: OrderedDict[bytes, _Bucket] = OrderedDict()

    def wait_for(self, who: bytes, now: float, amount: int = 1) -> float:
        """Take so many of somebody's, all or none; 0, or for how many seconds they should have waited.

        `now`: seconds of a clock that never goes back. `amount`: no more than the burst, or no wait is long enough.
        """
        if not self._per_second:
            return 0.0
        tokens = self._left(who, now)
        is_taken = tokens >= amount
        self._buckets[who] = _Bucket(tokens - amount if is_taken else tokens, now)
        self._buckets.move_to_end(who)
        if len(self._buckets) > self._most:
            self._buckets.popitem(last=False)
        return 0.0 if is_taken else (amount - tokens) / self._per_second

    def __len__(self) -> int:
        """How many pseudonyms are remembered."""
        return len(self._buckets)

    def _left(self, who: bytes, now: float) -> float:
        bucket = self._buckets.get(who)
        if bucket is None:
            return float(self._burst)
        return min(float(self._burst), bucket.tokens + max(0.0, now - bucket.at) * self._per_second)


def subject_of(address: str) -> bytes:
    """What counts as one of an address: all of IPv4, the first 64 bits of IPv6 (one household's), or nothing known."""
    if _FOUR_NUMBERS.fullmatch(address):  # nearly all, in a fifth of the time
        with suppress(ValueError):
            return bytes(map(int, address.split(".")))
    found = address_of(address)
    if found is None:
        return b""
    return found.packed[:8] if isinstance(found, IPv6Address) else found.packed


def asking(peer: str, forwarded: str, trusted: Sequence[Network]) -> str:
    """Who asks: the other end; where that is a trusted proxy, whom it names in X-Forwarded-For, if anybody.

    The nearest name that is no trusted proxy itself counts: anything before it was written by whoever asks.
    """
    if not trusted or not is_in(peer, trusted):
        return peer
    for named in reversed(forwarded.split(",")):
        if not is_in(named, trusted):
            return named.strip() if address_of(named) else peer
    return peer


def is_in(address: str, networks: Sequence[Network]) -> bool:
    """Whether a text names an address of any of these networks."""
    found = address_of(address)
    return found is not None and any(found in network for network in networks)


def address_of(address: str) -> IPv4Address | IPv6Address | None:
    """What the text names, IPv4 in the clothes of IPv6 as IPv4; None where it is no address."""
    try:
        found = ip_address(address.strip().partition("%")[0])
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found
