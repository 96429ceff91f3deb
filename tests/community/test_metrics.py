"""Counters as Prometheus reads them, in which no word can say who asked."""

from __future__ import annotations

import re
from threading import Thread

import pytest

from telemetry.community.desk import FAMILIES
from telemetry.community.metrics import EDGES, Family, Gauge, Metrics

ONE = {"tests_total": Family("Tests.", "result", ("good", "bad"))}


def test_what_was_counted_is_shown() -> None:
    """Zeros, too: a counter that appears later looks like a jump."""
    metrics = Metrics(ONE)
    metrics.count("tests_total", "good", 3)
    shown = metrics.text(Gauge("depth", "Depth.", 2), Gauge("lost", "Lost.", None))
    assert 'tests_total{result="good"} 3\ntests_total{result="bad"} 0\n' in shown
    assert shown.endswith("# HELP depth Depth.\n# TYPE depth gauge\ndepth 2\n")
    assert "lost" not in shown


def test_a_label_has_no_value_that_was_not_written_down_before() -> None:
    """Whatever was sent."""
    metrics = Metrics(ONE)
    with pytest.raises(KeyError):
        metrics.count("tests_total", "192.0.2.7")
    assert metrics.of("tests_total") == {"good": 0, "bad": 0}


def test_every_label_of_ours_is_a_word_of_ours() -> None:
    """No number, no address, no id."""
    for family in FAMILIES.values():
        assert all(re.fullmatch("[a-z_]{2,24}", value) for value in (family.label, *family.values))


def test_times_add_up() -> None:
    """Each bucket holds all that is below it."""
    metrics = Metrics(ONE)
    for seconds in (0.0005, 0.001, 0.3, 99.0):
        metrics.took(seconds)
    counts = [int(line.split()[-1]) for line in metrics.text().splitlines() if "_bucket" in line]
    assert counts == sorted(counts)
    assert (counts[0], counts[EDGES.index(0.5)], counts[-1]) == (2, 3, 4)
    assert "agentspec_request_seconds_count 4" in metrics.text()


def test_every_line_is_prometheus_text() -> None:
    """Name, labels, number."""
    metrics = Metrics(FAMILIES)
    metrics.took(1)
    line = re.compile(r'[a-z_]+(\{[a-z]+="[^"\n]*"\})? [0-9.e+]+|# (HELP|TYPE) [a-z_]+ [^\n]+')
    text = metrics.text(Gauge("depth", "Depth.", 0))
    assert text.endswith("\n")
    assert [one for one in text.splitlines() if not line.fullmatch(one)] == []


def test_threads_lose_nothing() -> None:
    """The worker counts beside the requests."""
    metrics = Metrics(ONE)

    def counts() -> None:
        for _ in range(1000):
            metrics.count("tests_total", "good")

    threads = [Thread(target=counts) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert metrics.of("tests_total")["good"] == 8000
