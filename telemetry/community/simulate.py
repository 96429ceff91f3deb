"""The verb `simulate`: reports of strangers that never were, into a file or to a server, as the client sends them.

What they are like is in strangers.py. Of the server's modules this one alone opens connections of its own; the address
is said on the command line, and it is no part of `serve`.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from http.client import HTTPException
from itertools import islice
from pathlib import Path
from typing import IO, NamedTuple
from urllib.parse import urlsplit

from telemetry.community.strangers import planted_truth, simulated
from telemetry.contract.config import is_loopback
from telemetry.contract.errors import TelemetryError

__all__ = ["arguments", "main", "planted_truth", "run", "send", "simulated"]

BATCH = 50
ANSWER_SECONDS = 60  # to wait for an answer
PATIENCE_SECONDS = 600  # to wait in all, where the server asks for time
MOST_GUESSED_SECONDS = 30  # of one wait, where it does not say how long
PROGRESS = 10  # batches from one word about it to the next
MAX_ANSWER_BYTES = 1 << 20
BUSY = {429: "it has taken what it takes of one address (429)", 503: "it can take nothing now (503)"}
LIMITS = (
    "The server's own settings lift its limits: AGENTSPEC_COMMUNITY_REPORTS_PER_HOUR=0 in its environment,"
    " _REPORTS_BURST, _REQUESTS_PER_MINUTE, _BURST; --patience waits longer."
)
HEADERS = {
    "Content-Type": "application/x-ndjson",
    "Content-Encoding": "gzip",
    "Accept": "application/json",
    "User-Agent": "agentspec-telemetry",
}


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the verb understands."""
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same reports (1)")
    parser.add_argument("--count", type=_count, default=400, help="how many (400)")
    parser.add_argument(
        "--patience",
        type=_seconds,
        default=PATIENCE_SECONDS,
        metavar="SECONDS",
        help="how long to wait in all where the server asks for time (%(default)s)",
    )
    target = parser.add_mutually_exclusive_group()
    target.add_argument("--send", metavar="URL", type=_address, help="the server to send them to, in batches of 50")
    target.add_argument("--out", metavar="FILE", type=Path, help="a file to write them to, one a line")
    target.add_argument("--truth", action="store_true", help="only print what figures of them must come to, as JSON")


def run(args: argparse.Namespace) -> int:
    """Do it; the exit code."""
    if args.truth:
        print(json.dumps(_plain_truth(), indent=2))
        return 0
    lines = simulated(args.seed, args.count)
    if args.send:
        counts = send(lines, args.send, patience=args.patience, tell=_to_stderr)
        print(", ".join(f"{counts[status]} {status}" for status in ("accepted", "duplicate", "rejected")))
        return 1 if counts["rejected"] else 0
    if args.out:
        with args.out.open("wb") as file:
            _write(lines, file)
    else:
        _write(lines, sys.stdout.buffer)
    return 0


def main(argv: Sequence[str]) -> int:
    """The verb by itself."""
    parser = argparse.ArgumentParser(
        prog="agentspec-community simulate",
        description="Make reports of strangers that never were, with planted effects: for tests, load and demos.",
    )
    arguments(parser)
    try:
        return run(parser.parse_args(argv))
    except TelemetryError as error:
        print(f"agentspec-community: {error.message}. {error.hint}".rstrip(), file=sys.stderr)
        return 1


def send(
    lines: Iterable[bytes],
    address: str,
    wait: Callable[[float], object] = time.sleep,
    patience: float = PATIENCE_SECONDS,
    tell: Callable[[str], object] = lambda words: None,
) -> Counter[str]:
    """Send lines in batches; how many the server accepted, knew already, rejected. Raises TelemetryError.

    `wait`: waits for so many seconds where the server asks for time, `patience` of them in all. `tell`: hears how it
    goes on.
    """
    opener, rest, waits = _opener(address), iter(lines), _Waits(wait, patience, tell)
    counts: Counter[str] = Counter()
    for number, batch in enumerate(iter(lambda: list(islice(rest, BATCH)), []), 1):
        counts.update(_sent(opener, address, b"".join(line + b"\n" for line in batch), waits))
        if number % PROGRESS == 0:
            tell(f"{counts.total():,} sent")
    return counts


class _Waits:
    """Waits as long as the server asks for, and says so; no longer in all than there is patience for."""

    def __init__(self, wait: Callable[[float], object], patience: float, tell: Callable[[str], object]) -> None:
        self._wait, self._left, self._tell = wait, patience, tell

    def until_it_takes(self, status: int, seconds: float) -> None:
        """One wait. Raises TelemetryError at once where it would be too long."""
        if seconds > self._left:
            raise TelemetryError(f"the server asks for {seconds:.0f} seconds more: {BUSY[status]}", LIMITS)
        self._left -= seconds
        self._tell(f"waiting for {seconds:.0f} seconds, as the server asks: {BUSY[status]}")
        self._wait(seconds)


class _Busy(NamedTuple):
    """The server asks for time."""

    status: int
    retry_after: str | None


def _sent(opener: urllib.request.OpenerDirector, address: str, body: bytes, waits: _Waits) -> list[str]:
    """What became of each line of a batch. A batch that is sent again counts once: the server knows it by its ids."""
    tried = 0
    while isinstance(answer := _answer(opener, address, body), _Busy):
        waits.until_it_takes(answer.status, _asked_for(answer.retry_after, tried))
        tried += 1
    return answer


def _answer(opener: urllib.request.OpenerDirector, address: str, body: bytes) -> list[str] | _Busy:
    try:
        with opener.open(_request(address, body), timeout=ANSWER_SECONDS) as response:
            return _statuses(response.read(MAX_ANSWER_BYTES), body.count(b"\n"))
    except urllib.error.HTTPError as error:
        error.close()
        if error.code not in BUSY:
            raise TelemetryError(f"the server answered {error.code}") from None
        return _Busy(error.code, error.headers.get("Retry-After"))
    except (OSError, HTTPException) as error:
        raise TelemetryError(f"no answer from {address}", "Is the server running?") from error


def _statuses(answer: bytes, lines: int) -> list[str]:
    """What the answer says of each line. Raises TelemetryError where it does not speak of all."""
    try:
        statuses = [str(result["status"]) for result in json.loads(answer)["results"]]
    except (ValueError, KeyError, TypeError):
        statuses = []
    if len(statuses) != lines:
        raise TelemetryError("the server's answer cannot be read")
    return statuses


def _request(address: str, body: bytes) -> urllib.request.Request:
    headers = {**HEADERS, "Idempotency-Key": hashlib.sha256(body).hexdigest()}
    return urllib.request.Request(address + "/v1/reports", gzip.compress(body, 6, mtime=0), headers, method="POST")


def _opener(address: str) -> urllib.request.OpenerDirector:
    """No redirect is followed; no proxy stands between this machine and itself."""
    handlers: list[urllib.request.BaseHandler] = [_NoRedirect()]
    if is_loopback(urlsplit(address).hostname or ""):
        handlers.append(urllib.request.ProxyHandler({}))
    return urllib.request.build_opener(*handlers)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: object) -> None:
        return None


def _asked_for(retry_after: str | None, tried: int) -> float:
    """Seconds to wait: all that the server says, else twice as long each time."""
    if retry_after and retry_after.isdecimal():
        return float(retry_after)
    return min(0.25 * 2.0 ** min(tried, 10), MOST_GUESSED_SECONDS)


def _write(lines: Iterable[bytes], file: IO[bytes]) -> None:
    file.writelines(line + b"\n" for line in lines)


def _to_stderr(words: str) -> None:
    print(f"agentspec-community: {words}", file=sys.stderr, flush=True)


def _plain_truth() -> dict[str, object]:
    truth = planted_truth()._asdict()
    return {**truth, "pairs": {"|".join(pair): rate for pair, rate in truth["pairs"].items()}}


def _address(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise argparse.ArgumentTypeError("an address begins with http:// or https://")
    return text.rstrip("/")


def _seconds(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError("a whole number of seconds, from 0")
    return int(text)


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return int(text)
