"""What the receiver makes of what it is sent: strict about every byte, and it forgets nothing.

A second reading of the wire format, written apart from the client: it shares nothing with it but schemas/report.yaml.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from tests.sharing.exchange import Headers, Reply, Request

REPORTS, WITHDRAWALS = "/v1/reports", "/v1/withdrawals"
MAX_LINES, MAX_BYTES, MAX_TOKENS = 50, 256 * 1024, 100
HEX64 = "[0-9a-f]{64}"
SCHEMA = Path(__file__).parents[2] / "schemas" / "report.yaml"

_ALWAYS = {
    "accept": "application/json",
    "user-agent": "agentspec-telemetry",
    "content-length": "[0-9]+",
    "host": "[a-z0-9.-]+(:[0-9]+)?",
}
_MAY = {"accept-encoding": "identity", "connection": "keep-alive|close"}
_WITH_REPORTS = {
    "content-type": "application/x-ndjson",
    "content-encoding": "gzip",
    "idempotency-key": HEX64,
    **_ALWAYS,
}
_WITH_WITHDRAWALS = {"content-type": "application/json", **_ALWAYS}


class _Refused(Exception):
    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason


@dataclass(frozen=True)
class Kept:
    """A report that came: its bytes, how often it came, and what has become of it: held, aggregated or withdrawn."""

    line: bytes
    withdrawal: str
    times: int = 1
    state: str = "held"


class Ledger:
    """`raw`: every request with its headers, in order. `violations`: sentences on what no client may do.

    `fast` only counts reports: for benchmarks. `log`: a file that gets the same as lines, for `from_log`.
    """

    def __init__(self, fast: bool = False, log: Path | None = None) -> None:
        self._fast, self._log = fast, log
        self.raw: list[bytes] = []
        self.violations: list[str] = []
        self.reports: dict[str, Kept] = {}

    @property
    def times(self) -> dict[str, int]:
        """How often each report came."""
        return {report: kept.times for report, kept in self.reports.items()}

    @property
    def counted(self) -> set[str]:
        """The reports that count, each once."""
        return set(self.reports)

    @property
    def held(self) -> dict[str, bytes]:
        """What is there raw, and can be withdrawn."""
        return {report: kept.line for report, kept in self.reports.items() if kept.state == "held"}

    def aggregate(self) -> None:
        """All that is held becomes numbers: too late to withdraw."""
        for report in self.held:
            self.reports[report] = replace(self.reports[report], line=b"", state="aggregated")

    def note(self, raw: bytes) -> None:
        """Keep the bytes of a request, whole or torn."""
        if not self._fast:
            self.raw.append(raw)
            self._write(raw=base64.b64encode(raw).decode())

    def judge(self, request: Request, rejecting: Collection[int] = ()) -> Reply:
        """Count what is in a request; the answer an honest server gives."""
        try:
            if request.path not in (REPORTS, WITHDRAWALS):
                raise _Refused(404, "no such path")
            if request.method != "POST":
                raise _Refused(405, "POST only")
            if request.path == REPORTS:
                return _answer(202, results=self._receive(request, rejecting))
            return _answer(200, results=self._withdraw(request))
        except _Refused as refused:
            self.violate(f"{refused.status} {refused.reason}")
            return _answer(refused.status, error=refused.reason)

    def violate(self, what: str) -> None:
        """Remember what may not be."""
        self.violations.append(what)
        self._write(violation=what)

    # --- reports

    def _receive(self, request: Request, rejecting: Collection[int]) -> list[dict[str, Any]]:
        data = _decompressed(request.body)
        if not self._fast:
            self._hold_against(request, _WITH_REPORTS)
            if request.body[3:8] != bytes(5):
                self.violate("the header of gzip tells a time or a name")
            if request.header("idempotency-key") != hashlib.sha256(data).hexdigest():
                raise _Refused(400, "the Idempotency-Key is not the SHA-256 of the body")
        lines = data.split(b"\n")
        if lines.pop() or not lines:
            raise _Refused(400, "a line does not end, or there is none")
        if len(lines) > MAX_LINES:
            raise _Refused(413, "too many lines")
        return [self._file(line, number in rejecting) for number, line in enumerate(lines)]

    def _file(self, line: bytes, unwanted: bool) -> dict[str, Any]:
        """Keep one report; its line of the answer."""
        sealed, wrong = _opened(line)
        if sealed is None:
            self.violate(f"a line is no report: {wrong}")
            return {"id": None, "status": "rejected", "reason": "unreadable"}
        report: str = sealed["report"]["session"]["id"]
        if not self._fast and (wrong := _against_the_schema(line, sealed)):
            self.violate(f"a line is no report: {wrong}")
            return {"id": report, "status": "rejected", "reason": "schema"}
        if unwanted:
            return {"id": report, "status": "rejected", "reason": "unwanted"}
        status = self._count(report, Kept(line, sealed["withdrawal"]))
        return {"id": report, "status": status, "receipt": hashlib.sha256(report.encode()).hexdigest()[:16]}

    def _count(self, report: str, new: Kept) -> str:
        known = self.reports.get(report)
        if (
            known is None
            and not self._fast
            and any(new.withdrawal == kept.withdrawal for kept in self.reports.values())
        ):
            self.violate("two reports have one withdrawal token")
        if known is not None and known.state == "held" and known.line != new.line:
            self.violate("a report came again with other bytes")
        self.reports[report] = replace(known, times=known.times + 1) if known else new
        self._write(report=report, withdrawal=new.withdrawal)
        return "duplicate" if known else "accepted"

    # --- withdrawals

    def _withdraw(self, request: Request) -> list[dict[str, str]]:
        self._hold_against(request, _WITH_WITHDRAWALS)
        asked, wrong = _read_json(request.body)
        if wrong or not isinstance(asked, dict) or set(asked) != {"tokens"} or not isinstance(asked["tokens"], list):
            raise _Refused(400, "a withdrawal is {tokens: […]}")
        tokens = asked["tokens"]
        if len(tokens) > MAX_TOKENS:
            raise _Refused(413, "too many tokens")
        if not all(isinstance(token, str) and re.fullmatch(HEX64, token) for token in tokens):
            raise _Refused(400, "a token is 64 hex digits")
        return [{"token": token, "status": self._take_back(token)} for token in tokens]

    def _take_back(self, token: str) -> str:
        its = hashlib.sha256(token.encode()).hexdigest()
        for report, kept in self.reports.items():
            if kept.withdrawal == its:
                if kept.state == "aggregated":
                    return "aggregated_only"
                self.reports[report] = replace(kept, line=b"", state="withdrawn")
                self._write(withdrawn=report)
                return "withdrawn"
        return "unknown"

    # ---

    def _hold_against(self, request: Request, must: Mapping[str, str]) -> None:
        for wrong in wrong_headers(request.headers, must):
            self.violate(wrong)

    def _write(self, **entry: object) -> None:
        if self._log is not None and not self._fast:
            with self._log.open("a", encoding="utf-8") as file:
                file.write(json.dumps(entry) + "\n")


def from_log(log: Path) -> Ledger:
    """The ledger of a receiver that ran as its own process. The bytes of reports are in its raw requests only."""
    ledger = Ledger(fast=True)  # what is wrong was said when it came
    for line in log.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        if "raw" in entry:
            ledger.raw.append(base64.b64decode(entry["raw"]))
        elif "violation" in entry:
            ledger.violations.append(entry["violation"])
        elif "withdrawn" in entry:
            ledger.reports[entry["withdrawn"]] = replace(ledger.reports[entry["withdrawn"]], state="withdrawn")
        else:
            ledger._count(entry["report"], Kept(b"", entry["withdrawal"]))
    return ledger


def wrong_headers(headers: Headers, must: Mapping[str, str]) -> list[str]:
    """What is wrong with the headers: one more, one less, one twice, or another value."""
    names = [name for name, _ in headers]
    rules = {**_MAY, **must}
    return [
        *(f"a header nobody asked for: {name}" for name in names if name not in rules),
        *(f"a header is missing: {name}" for name in must if name not in names),
        *(f"a header comes twice: {name}" for name in sorted(set(names)) if names.count(name) > 1),
        *(
            f"a header says something else: {name}"
            for name, value in headers
            if name in rules and not re.fullmatch(rules[name], value)
        ),
    ]


def _answer(status: int, **body: object) -> Reply:
    return Reply(status, json.dumps(body, separators=(",", ":")).encode())


def _decompressed(body: bytes) -> bytes:
    reader = zlib.decompressobj(wbits=31)  # gzip, and nothing else
    try:
        data = reader.decompress(body, MAX_BYTES + 1)
    except zlib.error:
        raise _Refused(400, "no gzip") from None
    if len(data) > MAX_BYTES:
        raise _Refused(413, "too many bytes")
    if not reader.eof or reader.unused_data:
        raise _Refused(400, "torn gzip, or more than one")
    return data


def _opened(line: bytes) -> tuple[Any, str]:
    """A sealed report, or what is wrong with its shape."""
    sealed, wrong = _read_json(line)
    if wrong:
        return None, wrong
    try:
        assert sealed["version"] == 1
        assert isinstance(sealed["report"]["session"]["id"], str)
        assert re.fullmatch(HEX64, sealed["withdrawal"])
        assert set(sealed) == {"version", "withdrawal", "report"}
    except (AssertionError, KeyError, TypeError):
        return None, "not {version: 1, withdrawal, report: {session: {id}}}"
    return sealed, ""


def _read_json(data: bytes) -> tuple[Any, str]:
    """Strictly: no NaN, no key twice, nothing but ASCII."""

    def refuse(what: str) -> Any:
        raise ValueError(what)

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        return dict(pairs) if len(dict(pairs)) == len(pairs) else refuse("a key comes twice")

    try:
        return json.loads(data.decode("ascii"), parse_constant=refuse, object_pairs_hook=unique), ""
    except (ValueError, RecursionError) as error:
        return None, f"no strict JSON: {type(error).__name__}"


def _against_the_schema(line: bytes, sealed: Any) -> str:
    """What the schema says against it; the place, not the value. A closed world needs no escapes: no hidden newline."""
    if b"\\" in line:
        return "an escaped character"
    error = jsonschema.exceptions.best_match(_schema().iter_errors(sealed))
    return f"{error.json_path}: {error.validator}" if error else ""


@cache
def _schema() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(yaml.safe_load(SCHEMA.read_text(encoding="utf-8")))
