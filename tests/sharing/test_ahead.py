"""Working one step ahead."""

from __future__ import annotations

import threading

import pytest

from telemetry.sharing.ahead import one_ahead


def test_the_results_come_in_order() -> None:
    """All of them, and none of nothing."""
    assert list(one_ahead(str, range(7))) == list("0123456")
    assert list(one_ahead(str, [])) == []


def test_the_next_is_worked_on_while_the_one_before_is_used() -> None:
    """And not the one after that."""
    begun = [threading.Event() for _ in range(3)]
    results = one_ahead(lambda number: begun[number].set(), range(3))
    next(results)
    assert begun[1].wait(10)
    assert not begun[2].is_set()
    results.close()  # type: ignore[attr-defined]


def test_a_failure_is_told_where_its_result_would_have_been() -> None:
    """Not before, and not nowhere."""
    results = one_ahead(lambda number: 1 // number, (1, 0))
    assert next(results) == 1
    with pytest.raises(ZeroDivisionError):
        next(results)
