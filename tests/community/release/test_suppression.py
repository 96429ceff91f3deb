"""What is shown, and what is hidden so that nothing small can be subtracted."""

from __future__ import annotations

import random

import pytest

from telemetry.community.release.suppression import K, Total, shown, tells_of_few, threshold

NAMES = ("a", "b", "c", "d")


def counts(*values: int) -> dict[str, int]:
    """Cells by the first letters."""
    return dict(zip(NAMES, values, strict=False))


def exact_total(cells: dict[str, int]) -> Total:
    """Their sum, as another table shows it."""
    return Total(sum(cells.values()), 0.0, tuple(cells))


def test_without_noise_a_cell_is_shown_from_k_on() -> None:
    """Twenty is enough, nineteen is not."""
    assert shown(counts(20, 19, 500), 0.0) == {"a", "c"}


def test_with_noise_a_small_cell_is_shown_hardly_ever_in_a_whole_table() -> None:
    """Once in a thousand tables: here in a few thousand of 50 cells with one report less than k each."""
    chance, sigma, tables = random.Random(5), 40.0, 3000
    wrong = sum(any(K - 1 + chance.gauss(0, sigma) >= threshold(sigma, 50) for _ in range(50)) for _ in range(tables))
    assert wrong <= 12


def test_a_single_small_cell_takes_the_smallest_shown_one_with_it() -> None:
    """Its number could be had by subtraction from the total."""
    cells = counts(5, 100, 300, 40)
    assert shown(cells, 0.0, [exact_total(cells)]) == {"b", "c"}


def test_hidden_ones_that_are_many_together_need_no_other() -> None:
    """15 and 16: their sum tells of neither."""
    cells = counts(15, 16, 300, 40)
    assert shown(cells, 0.0, [exact_total(cells)]) == {"c", "d"}


def test_an_empty_cell_hides_nobody() -> None:
    """So nothing is hidden for it."""
    cells = counts(0, 100, 300, 40)
    assert shown(cells, 0.0, [exact_total(cells)]) == {"b", "c", "d"}


def test_a_part_is_hidden_that_leaves_a_few_of_its_whole() -> None:
    """195 of 200 have a habit: five have not."""
    assert shown({"habit": 195}, 0.0, [Total(200, 0.0, ("habit",))]) == frozenset()
    assert shown({"habit": 195}, 0.0, [Total(195, 0.0, ("habit",))]) == {"habit"}
    assert shown({"habit": 150}, 0.0, [Total(200, 0.0, ("habit",))]) == {"habit"}


@pytest.mark.parametrize("seed", range(200))
def test_no_subtraction_from_any_total_tells_of_a_few(seed: int) -> None:
    """Over random tables whose rows and columns have totals."""
    chance = random.Random(seed)
    cells = {f"{row}|{column}": chance.choice((0, 3, 12, 25, 60, 400)) for row in "abcd" for column in "wxyz"}
    totals = [
        Total(sum(cells[name] for name in names), 0.0, tuple(names))
        for letter, place in [*((row, 0) for row in "abcd"), *((column, 2) for column in "wxyz")]
        if (names := [name for name in cells if name[place] == letter])
    ]
    kept = shown(cells, 0.0, totals)
    assert all(cells[name] >= K for name in kept)
    for total in totals:
        from_it = [cells[name] for name in total.cells if name in kept]
        rest = total.value - sum(from_it)
        assert rest == 0 or rest >= K or not from_it  # then the total is hidden, or not, by its own table


def test_what_noise_hides_already_needs_nothing_more() -> None:
    """A rest that may well be nothing tells of nobody."""
    assert not tells_of_few(100.0, sigma=150.0, cells=5)
    assert tells_of_few(470.0, sigma=150.0, cells=1)
