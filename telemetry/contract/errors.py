"""The errors a person may meet: what happened, and what to do about it.

Raised anywhere but in the hook; shown by the one boundary in telemetry/cli. What is not a
TelemetryError is a bug.
"""

from __future__ import annotations


class TelemetryError(Exception):
    """An expected failure. `hint` says what to do; it may be empty where nothing can be done."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
