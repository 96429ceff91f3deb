"""Where a server keeps its things, as the release job needs to know it: from the environment, overridden by options."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from telemetry.contract.config import is_loopback
from telemetry.contract.errors import TelemetryError

DATA, HOST = "AGENTSPEC_COMMUNITY_DATA", "AGENTSPEC_COMMUNITY_HOST"


class Place(NamedTuple):
    """The server's data folder, and the host it listens on."""

    data: Path
    host: str

    @property
    def sums(self) -> Path:
        """The server's own database."""
        return self.data / "community.db"

    @property
    def releases(self) -> Path:
        """What was drawn, paid for and released."""
        return self.data / "releases.db"

    @property
    def folder(self) -> Path:
        """The signed files, as they are served."""
        return self.data / "releases"

    @property
    def key(self) -> Path:
        """The private key."""
        return self.data / "signing.key"


def place_of(environ: Mapping[str, str], data: str | None = None) -> Place:
    """The place that settings name; `data`: an option that overrides them."""
    return Place(Path(data or environ.get(DATA) or "agentspec-community"), environ.get(HOST) or "127.0.0.1")


def require_development(place: Place) -> None:
    """Raise TelemetryError where exact figures could be served to others."""
    if not is_loopback(place.host):
        raise TelemetryError(
            "Releases without noise are for a server that only this machine can reach.",
            f"It listens on {place.host}; for a demo, let it listen on 127.0.0.1.",
        )
