"""AgentSpec Telemetry: local-first, anonymous by construction.

Rooms and the direction of imports are in ARCHITECTURE.md. This module is imported by the hook in
every AgentSpec session, so it imports nothing; the Python API is found when it is asked for.
"""

__all__ = ["PhaseEvent", "TelemetryCollector"]
__version__ = "0.1.0"

TYPE_CHECKING = False
if TYPE_CHECKING:
    from telemetry.collector import PhaseEvent, TelemetryCollector


def __getattr__(name: str) -> object:
    if name in __all__:
        from telemetry import collector  # noqa: PLC0415 the hook must not pay for the Python API

        return getattr(collector, name)
    raise AttributeError(f"module 'telemetry' has no attribute {name!r}")
