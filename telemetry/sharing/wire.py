"""The one place that uses the network: sealed lines out, an answer back; and what anybody may read, in.

Every request looks alike on every machine: constant headers, no cookies, no credentials from .netrc, no redirect
followed, certificates checked, an end to waiting. Only files that were sealed are handed in. Who asks for the
benchmarks asks for all of them, and says nothing but which they have.
"""

from __future__ import annotations

import gzip
import json
import os
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from http.cookiejar import DefaultCookiePolicy
from typing import NamedTuple, TypeVar
from urllib.parse import urlsplit

import requests
from requests.utils import get_environ_proxies
from urllib3.exceptions import HTTPError, ReadTimeoutError  # what an answer's body raises: no error of `requests`

from telemetry.contract.config import is_loopback
from telemetry.sharing.answer import Answer, Download
from telemetry.sharing.canonical import sha256
from telemetry.sharing.patience import asked_for

USER_AGENT = "agentspec-telemetry"  # the same for all: a version would tell people apart
MAX_ANSWER_BYTES = 1 << 20
HEADERS = {"User-Agent": USER_AGENT, "Accept": "application/json", "Accept-Encoding": "identity"}
NOTHING_RELEASED = "tag:agentspec.dev,2026:problem/nothing_released"  # what the server calls it (RFC 9457)

_Came = TypeVar("_Came")


class Limits(NamedTuple):
    """For how many seconds to wait: for a connection, for the next byte, for a whole answer."""

    connect: float = 10
    silence: float = 30
    whole: float = 120


USUAL = Limits()
IN_PASSING = Limits(2, 3, 5)  # while a person waits for something else
WAITED_FOR = Limits(5, 10, 15)  # while a person waits for this very answer


class _Asked(NamedTuple):
    """One request."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes | None = None


class Wire:
    """Requests to one address, over one connection where the server keeps it."""

    def __init__(self, endpoint: str, environ: Mapping[str, str] = os.environ, limits: Limits = USUAL) -> None:
        self._limits = limits
        self._endpoint = endpoint.rstrip("/")
        self._session = _Session()
        self._session.trust_env = False  # .netrc would add a name and a password
        self._session.headers = requests.structures.CaseInsensitiveDict(HEADERS)
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._session.verify = environ.get("REQUESTS_CA_BUNDLE") or True
        if not is_loopback(urlsplit(self._endpoint).hostname or ""):
            self._session.proxies.update(get_environ_proxies(self._endpoint))

    def close(self) -> None:
        """Let the connection go."""
        self._session.close()

    def reports(self, lines: bytes, now: datetime) -> Answer:
        """Send sealed reports, one a line."""
        headers = {
            "Content-Type": "application/x-ndjson",
            "Content-Encoding": "gzip",
            "Idempotency-Key": sha256(lines),
        }
        return self._post("/v1/reports", _packed(lines), headers, now)

    def withdrawals(self, tokens: list[str], now: datetime) -> Answer:
        """Take reports back by their tokens."""
        body = json.dumps({"tokens": tokens}, separators=(",", ":")).encode()
        return self._post("/v1/withdrawals", body, {"Content-Type": "application/json"}, now)

    def benchmarks(self, known: str | None) -> Download:
        """The newest releases, whole, unless they are the `known` ones (an ETag): nothing else is asked."""
        headers = {"If-None-Match": known} if known else {}
        came = self._exchange(_Asked("GET", "/v1/benchmarks", headers), _download)
        return Download(0, came) if isinstance(came, str) else came

    def _post(self, path: str, body: bytes, headers: dict[str, str], now: datetime) -> Answer:
        came = self._exchange(_Asked("POST", path, headers, body), lambda response: _answer(response, now))
        return Answer(0, came) if isinstance(came, str) else came

    def _exchange(self, asked: _Asked, read: Callable[[requests.Response], _Came]) -> _Came | str:
        """What was read of the answer; a word on why not, where none came."""
        return _in_time(self._limits.whole, lambda: self._spoken(asked, read))

    def _spoken(self, asked: _Asked, read: Callable[[requests.Response], _Came]) -> _Came | str:
        try:
            with self._session.request(
                asked.method,
                self._endpoint + asked.path,
                data=asked.body,
                headers=asked.headers,
                timeout=(self._limits.connect, self._limits.silence),
                allow_redirects=False,
                stream=True,
            ) as response:
                return read(response)
        except requests.exceptions.SSLError:
            return "tls"
        except requests.exceptions.ProxyError:
            return "proxy"
        except (requests.exceptions.Timeout, ReadTimeoutError):
            return "timeout"
        except (requests.exceptions.RequestException, HTTPError, OSError, ValueError):  # ValueError: no address at all
            return "unreachable"


class _Session(requests.Session):
    """One to which no answer is a redirect: it would read the whole body of it, however large, to go nowhere."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """Nowhere."""
        return None


def _packed(lines: bytes) -> bytes:
    """With gzip, without its tenth byte: that would tell the system and the version of Python (RFC 1952: unknown)."""
    packed = gzip.compress(lines, compresslevel=6, mtime=0)
    return packed[:9] + b"\xff" + packed[10:]


def _in_time(seconds: float, exchange: Callable[[], _Came | str]) -> _Came | str:
    """What came, if all of it comes in time: a server that sends a byte now and then is never silent for long.

    What takes longer is left behind: it ends with its connection, or with this process.
    """
    done: list[_Came | str | BaseException] = []

    def work() -> None:
        try:
            done.append(exchange())
        except BaseException as error:  # a bug is told where somebody hears of it
            done.append(error)

    worker = threading.Thread(target=work, daemon=True)
    worker.start()
    worker.join(seconds)
    came = done[0] if done else "timeout"
    if isinstance(came, BaseException):
        raise came
    return came


def _answer(response: requests.Response, now: datetime) -> Answer:
    status = response.status_code
    asked = asked_for(response.headers.get("Retry-After"), now)
    if not 200 <= status < 300:
        return Answer(status, f"http_{status}", None, asked)
    try:
        results = json.loads(_body(response))["results"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return Answer(status, "answer_unreadable", None, asked)
    if not isinstance(results, list) or not all(isinstance(one, dict) for one in results):
        return Answer(status, "answer_unreadable", None, asked)
    return Answer(status, "ok", results, asked)


def _download(response: requests.Response) -> Download:
    status = response.status_code
    if status == 304:
        return Download(status, "not_modified")
    if status not in (200, 404):
        return Download(status, f"http_{status}")
    try:
        body = _body(response)
    except ValueError:
        return Download(status, "too_large")
    if status == 200:
        return Download(status, "ok", body)
    return Download(status, "nothing_released" if _says(body, NOTHING_RELEASED) else "http_404")


def _says(body: bytes, kind: str) -> bool:
    """Whether it is a problem of that kind: a 404 may come from anything that stands on the way."""
    try:
        return bool(json.loads(body)["type"] == kind)
    except (ValueError, KeyError, TypeError, RecursionError):
        return False


def _body(response: requests.Response) -> bytes:
    """The answer's bytes as they came, undecoded. Raises ValueError where there are too many."""
    parts, size = [], 0
    while part := response.raw.read(1 << 16, decode_content=False):
        parts.append(part)
        size += len(part)
        if size > MAX_ANSWER_BYTES:
            raise ValueError
    return b"".join(parts)
