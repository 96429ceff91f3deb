"""The one error of this room: nothing was changed, and here is what to do."""

from __future__ import annotations

from telemetry.contract.errors import TelemetryError


class InstallRefused(TelemetryError):
    """A file of the project could not be changed as wished, so none was changed."""
