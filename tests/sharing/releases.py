"""Small releases as a server signs them, and a server that serves them over a real socket."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from typing import Any

import yaml

from telemetry.community.release.periods import weeks_of
from telemetry.community.release.signing import Key, sign
from telemetry.contract.resources import shipped
from telemetry.contract.signature import canonical
from telemetry.sharing.canonical import sha256
from tests.sharing.behaviours import Behaviour
from tests.sharing.exchange import Exchange, Reply

KEY, OTHER = (Key.from_private_bytes(bytes([number]) * 32) for number in (1, 2))

_NOTHING = {"rho_millionths": 0, "epsilon_thousandths": 0}


@cache
def _tables() -> tuple[str, ...]:
    schema = yaml.safe_load(shipped("schemas", "release.yaml").read_text(encoding="utf-8"))
    return tuple(schema["$defs"]["tables"]["required"])


def release(period: str, weeks: tuple[str, ...] = (), *, development: bool = False, reports: int = 5000) -> Any:
    """What is signed: a release in which only the whole is large enough to be shown."""
    row = {"cell": ["all"], "reports": {"value": reports, "low": reports - 9, "high": reports + 9}, "figures": []}
    manifest: dict[str, Any] = {
        "k": 20,
        "k_counts": "reports",
        "client_reports_per_week": 10,
        "rates_from": 300,
        "ranks_from": 1000,
        "mechanism": "none" if development else "discrete_gaussian",
        "delta_billionths": 1000,
        **dict.fromkeys(("one_report", "this", "year", "ever", "most_a_year"), _NOTHING),
        "queries": [],
        "hidden": [],
    }
    tables: dict[str, list[Any]] = {name: [] for name in _tables()} | {"all": [row]}
    about = {"schema": 1, "development": development, "period": period, "weeks": list(weeks or (period,))}
    return {**about, "manifest": manifest, "tables": tables}


def month(period: str = "2026-10", *, development: bool = False, **more: Any) -> Any:
    """A month of whole weeks, by default before those of most tests."""
    return release(period, weeks_of(period), development=development, **more)


def latest(week: Any = None, of_month: Any = None, key: Key = KEY, month_key: Key | None = None) -> bytes:
    """latest.json, as a server publishes it."""
    signed = {
        "week": week and json.loads(sign(week, key)),
        "month": of_month and json.loads(sign(of_month, month_key or key)),
    }
    return canonical(signed)


def tag_of(file: bytes) -> str:
    """The ETag of a file."""
    return f'"{sha256(file)[:32]}"'


def serves(file: bytes | Callable[[], bytes], *headers: tuple[str, str]) -> Behaviour:
    """The file, with its ETag; 304 to who has it."""

    def behave(exchange: Exchange) -> None:
        request = exchange.read()
        body = file if isinstance(file, bytes) else file()
        tag = ("ETag", tag_of(body))
        if request.header("if-none-match") == tag_of(body):
            exchange.answer(Reply(304, b"", (tag,)))
        else:
            exchange.answer(Reply(200, body, (tag, ("Content-Type", "application/json"), *headers)))

    return behave
