"""The server's settings: what is built in, overridden by a TOML file if one is named, overridden by the environment.

Each has one name: `port` in the file is AGENTSPEC_COMMUNITY_PORT in the environment. A name that nobody knows is an
error, not a shrug: a misspelt limit would be no limit. None of them is a secret; the key that signs releases is a file.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from ipaddress import ip_network
from pathlib import Path
from typing import Any, NamedTuple

from telemetry.community.limits import Network, Rate
from telemetry.community.ports import CAPACITY
from telemetry.contract.errors import TelemetryError

PREFIX = "AGENTSPEC_COMMUNITY_"
FILE = PREFIX + "SETTINGS"  # names the TOML file


class Settings(NamedTuple):
    """What can be set, and what holds where nothing is. SETTINGS says what each of them means."""

    data: Path = Path("agentspec-community")
    host: str = "127.0.0.1"
    port: int = 8620
    capacity: int = CAPACITY
    requests_per_minute: float = 300.0
    burst: int = 600
    reports_per_hour: float = 600.0
    reports_burst: int = 2000
    trusted_proxies: tuple[Network, ...] = ()
    connections: int = 1000
    connections_per_address: int = 100
    head_seconds: float = 10.0
    body_seconds: float = 10.0
    drain_seconds: float = 20.0
    retry_seconds: float = 30.0
    shutdown_seconds: float = 20.0

    @property
    def releases(self) -> Path:
        """The folder from which benchmarks are served."""
        return self.data / "releases"

    @property
    def key(self) -> Path:
        """The file of the private key that signs releases; releases begin with the week in which it is made."""
        return self.data / "signing.key"

    @property
    def rate(self) -> Rate:
        """How often one address may ask."""
        return Rate(self.requests_per_minute, self.burst)

    @property
    def reports_rate(self) -> Rate:
        """How many reports one address may send."""
        return Rate(self.reports_per_hour / 60, self.reports_burst)


class Setting(NamedTuple):
    """`read`: from text, or from what TOML has; raises ValueError. `wants`: what it must be. `help`: what it is for."""

    read: Callable[[Any], Any]
    wants: str
    help: str


def settings_of(environ: Mapping[str, str], file: Path | None = None) -> Settings:
    """The settings that hold. `file`: a TOML file, else the one that the environment names, else none.

    Raises TelemetryError.
    """
    named = file or (Path(environ[FILE]) if environ.get(FILE) else None)
    found = _read_all(_in_file(named), str(named)) if named else {}
    found |= _read_all(_in_environment(environ), "the environment", PREFIX)
    return Settings(**found)


def text_of(settings: Settings) -> str:
    """The settings as a TOML file, with a word on each."""
    return "".join(f"# {SETTINGS[name].help}\n{name} = {_toml(value)}\n" for name, value in settings._asdict().items())


def _in_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    found = {name: value for name, value in environ.items() if name.startswith(PREFIX) and name != FILE}
    return {name.removeprefix(PREFIX).lower(): value for name, value in found.items()}


def _in_file(path: Path) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib  # noqa: PLC0415  only for who has a file
    else:
        import tomli as tomllib  # noqa: PLC0415  the same, before it was Python's own
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise TelemetryError(f"{path}: {_without_values(error)}", "agentspec-community config shows a file.") from error


def _without_values(error: Exception) -> str:
    return error.strerror or "unreadable" if isinstance(error, OSError) else "it is no TOML"


def _read_all(values: Mapping[str, Any], place: str, prefix: str = "") -> dict[str, Any]:
    return {name: _read(name, value, place, prefix) for name, value in values.items()}


def _read(name: str, value: Any, place: str, prefix: str) -> Any:
    shown = f"{prefix}{name.upper()}" if prefix else name
    if name not in SETTINGS:
        near = get_close_matches(name, SETTINGS, n=1)
        raise TelemetryError(
            f"{place}: no setting is called {shown}",
            f"Did you mean {prefix}{near[0].upper() if prefix else near[0]}?"
            if near
            else "See agentspec-community config.",
        )
    setting = SETTINGS[name]
    try:
        return setting.read(value)
    except (ValueError, TypeError, OverflowError):
        raise TelemetryError(f"{place}: {shown} must be {setting.wants}", f"It is: {setting.help}.") from None


def _toml(value: Any) -> str:
    """JSON's numbers, texts and lists are TOML's, too."""
    if isinstance(value, tuple):
        return json.dumps([str(one) for one in value])
    return json.dumps(value if isinstance(value, int | float) else str(value))


# --- readers


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise ValueError
    return value.strip()


def _whole(low: int, high: int) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        found = int(value) if isinstance(value, str) else value
        if type(found) is not int or not low <= found <= high:
            raise ValueError
        return found

    return read


def _number(low: float, high: float) -> Callable[[Any], float]:
    def read(value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, str | int | float) or not low <= float(value) <= high:
            raise ValueError
        return float(value)

    return read


def _networks(value: Any) -> tuple[Network, ...]:
    names = value.replace(",", " ").split() if isinstance(value, str) else value
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError
    return tuple(ip_network(name) for name in names)


_SECONDS = Setting(_number(0.1, 3600), "a number of seconds, from 0.1 to 3600", "")
SETTINGS: dict[str, Setting] = {
    "data": Setting(lambda value: Path(_text(value)), "a path", "the folder in which everything is kept"),
    "host": Setting(
        _text, "an address or a name of this machine", "where it listens; TLS is a reverse proxy's business"
    ),
    "port": Setting(_whole(0, 65535), "a whole number up to 65535", "on which port; 0: any that is free"),
    "capacity": Setting(
        _whole(1, 10**9), "a whole number from 1", "how many reports may wait for the worker before senders are put off"
    ),
    "requests_per_minute": Setting(
        _number(0, 1e9), "a number from 0", "how many requests one address may make on the average; 0: any number"
    ),
    "burst": Setting(_whole(1, 10**9), "a whole number from 1", "how many it may make at once"),
    "reports_per_hour": Setting(
        _number(0, 1e9), "a number from 0", "how many reports one address may send on the average; 0: any number"
    ),
    "reports_burst": Setting(
        _whole(50, 10**9), "a whole number from 50", "how many it may send at once; one batch has up to 50"
    ),
    "trusted_proxies": Setting(
        _networks, "a list of networks, as 10.0.0.0/8", "whose X-Forwarded-For is believed; of no others"
    ),
    "connections": Setting(_whole(1, 10**6), "a whole number from 1", "how many connections may be open"),
    "connections_per_address": Setting(
        _whole(1, 10**6), "a whole number from 1", "how many of them one address may have; a trusted proxy may have all"
    ),
    "head_seconds": _SECONDS._replace(help="how long the head of a request may take"),
    "body_seconds": _SECONDS._replace(help="how long its body may take"),
    "drain_seconds": _SECONDS._replace(help="how long an answer may wait to be taken"),
    "retry_seconds": _SECONDS._replace(help="for how long senders are put off when nothing can be taken"),
    "shutdown_seconds": _SECONDS._replace(help="how long to go on with what was begun once told to end"),
}
