"""When to try again after a failure: capped exponential back-off, full jitter, not before the server asks for it.

Kept in the store, so that a daemon that ends and comes back does not hurry. Full jitter: a random moment within the
window, https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from telemetry.contract import durable, layout
from telemetry.journal.store import Store
from telemetry.sharing.canonical import sha256
from telemetry.sharing.sealed import text_of

FIRST = timedelta(seconds=30)
LONGEST = timedelta(hours=6)
LONGEST_ASKED = timedelta(hours=24)  # a server may ask for more patience than we have, but not for ever


class Retry(NamedTuple):
    """How often in a row it failed, why at last, and when to try again.

    `server`: which one failed, as a hash of its address; another is not to wait for it.
    `asked`: until when it asked not to be; None where it did not. Who sends at once waits for that, too.
    """

    failures: int
    why: str
    not_before: datetime
    asked: datetime | None = None
    server: str = ""


def next_try(
    before: Retry | None, why: str, now: datetime, asked: timedelta | None, chance: Callable[[], float]
) -> Retry:
    """The next try after one more failure. `asked`: Retry-After. `chance`: a number of [0, 1)."""
    failures = before.failures + 1 if before else 1
    window = min(FIRST * 2 ** min(failures - 1, 16), LONGEST)
    wait = max(window * chance(), timedelta(seconds=1))
    if asked is None:
        return Retry(failures, why, now + wait)
    asked = min(asked, LONGEST_ASKED)
    return Retry(failures, why, now + max(wait, asked), now + asked)


def must_wait(retry: Retry | None, now: datetime) -> bool:
    """Whether it is too early; a date further off than any that we set comes from a clock that was wrong."""
    return retry is not None and _lies_ahead(retry.not_before, now)


def is_asked_to_wait(retry: Retry | None, now: datetime) -> bool:
    """Whether it is too early for the server's own word, which a person who is in a hurry does not overrule."""
    return retry is not None and retry.asked is not None and _lies_ahead(retry.asked, now)


def _lies_ahead(moment: datetime, now: datetime) -> bool:
    return now < moment <= now + LONGEST_ASKED


def asked_for(header: str | None, now: datetime) -> timedelta | None:
    """What Retry-After asks for (RFC 9110, 10.2.3): seconds or a date; None for neither."""
    if not header or len(header) > 40:
        return None
    if header.isascii() and header.isdigit() and len(header) <= 9:
        return timedelta(seconds=int(header))
    try:
        moment = parsedate_to_datetime(header)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
        return max(moment - now, timedelta(0))
    except (ValueError, TypeError, LookupError, OverflowError):  # what `email` makes of nonsense
        return None


def server_of(endpoint: str | None) -> str:
    """How a server is remembered: what a clone may read names no address."""
    return sha256(endpoint.encode())[:16] if endpoint else ""


def retry_with(store: Store, endpoint: str | None) -> Retry | None:
    """What the store remembers of this server; None where nothing failed there lately."""
    retry = read_retry(store)
    return retry if retry and retry.server == server_of(endpoint) else None


def read_retry(store: Store) -> Retry | None:
    """What the store remembers; None where nothing failed lately, or it cannot be understood."""
    try:
        found = json.loads(store.read(layout.RETRY, 4096) or b"null")
        asked = found.get("asked")
        return Retry(
            int(found["failures"]),
            str(found["why"]),
            _moment(found["not_before"]),
            _moment(asked) if asked else None,
            str(found.get("server", "")),
        )
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        return None


def write_retry(store: Store, retry: Retry | None) -> None:
    """Remember it, or that there is nothing to wait for."""
    fields = None if retry is None else {**retry._asdict(), "not_before": text_of(retry.not_before)}
    if fields is not None and retry is not None:
        fields["asked"] = text_of(retry.asked) if retry.asked else None
    durable.write(store.fd, layout.RETRY, json.dumps(fields).encode() + b"\n", step="retry")


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    if not moment.tzinfo:
        raise ValueError("no time zone")
    return moment.astimezone(timezone.utc)
