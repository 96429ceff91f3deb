"""Counters for whoever runs the server, in Prometheus' text format; no word in them can say who asked.

Every label's values are a fixed list: a value that is not on it is a bug, and raises.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from threading import Lock
from typing import NamedTuple

KIND = b"text/plain; version=0.0.4; charset=utf-8"
EDGES = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)  # seconds


class Family(NamedTuple):
    """Numbers that only grow: what they count, and their one label with all its values."""

    help: str
    label: str
    values: tuple[str, ...]


class Gauge(NamedTuple):
    """A number that is read when somebody asks; None where it cannot be read now."""

    name: str
    help: str
    value: float | None


class Metrics:
    """Counts. Any thread may."""

    def __init__(self, families: Mapping[str, Family]) -> None:
        self._families = families
        self._counts = {name: dict.fromkeys(family.values, 0) for name, family in families.items()}
        self._times, self._sum = [0] * (len(EDGES) + 1), 0.0
        self._lock = Lock()

    def count(self, family: str, value: str, amount: int = 1) -> None:
        """So many more of one kind."""
        with self._lock:
            self._counts[family][value] += amount  # raises KeyError for a value that is not on the list

    def took(self, seconds: float) -> None:
        """How long one request took."""
        place = bisect_left(EDGES, seconds)
        with self._lock:
            self._times[place] += 1
            self._sum += seconds

    def of(self, family: str) -> dict[str, int]:
        """What was counted so far, by the label's value."""
        with self._lock:
            return dict(self._counts[family])

    def text(self, *gauges: Gauge) -> str:
        """All of it, as Prometheus reads it."""
        with self._lock:
            lines = [*self._counted(), *self._timed()]
        return "\n".join([*lines, *(line for gauge in gauges for line in _shown(gauge)), ""])

    def _counted(self) -> Iterator[str]:
        for name, (text, label, values) in self._families.items():
            yield from _head(name, "counter", text)
            for value in values:
                yield f'{name}{{{label}="{value}"}} {self._counts[name][value]}'

    def _timed(self) -> Iterator[str]:
        name = "agentspec_request_seconds"
        yield from _head(name, "histogram", "How long requests took, from their head to their answer.")
        so_far = 0
        for edge, count in zip((*map(str, EDGES), "+Inf"), self._times, strict=True):
            so_far += count
            yield f'{name}_bucket{{le="{edge}"}} {so_far}'
        yield f"{name}_sum {self._sum:.6f}"
        yield f"{name}_count {so_far}"


def _shown(gauge: Gauge) -> Iterator[str]:
    if gauge.value is not None:
        yield from _head(gauge.name, "gauge", gauge.help)
        yield f"{gauge.name} {gauge.value:g}"


def _head(name: str, kind: str, text: str) -> Iterator[str]:
    yield f"# HELP {name} {text}"
    yield f"# TYPE {name} {kind}"
