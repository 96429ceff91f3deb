"""A text before a question is read from its first line to its last, however small the terminal is."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.cli.sharing.paging import MORE, Size, pages_of, show
from tests.cli.sharing.conftest import Somebody
from tests.people import Window
from tests.sharing.projects import ship

SIZES = st.builds(Size, st.integers(2, 60), st.integers(10, 200))


def height(page: list[str], columns: int) -> int:
    """How many lines of a terminal it takes."""
    return sum(max(1, -(-len(line) // columns)) for line in page)


@given(st.lists(st.text("ab ", max_size=300), min_size=1, max_size=80), SIZES)
def test_no_page_is_higher_than_the_terminal(lines: list[str], size: Size) -> None:
    """But for a single line that fills it alone. None is left out, and a line stays free for the question."""
    pages = pages_of(lines, size)
    assert [line for page in pages for line in page] == lines
    assert [page for page in pages if len(page) > 1 and height(page, size.columns) >= size.rows] == []


def test_what_fits_is_not_paged() -> None:
    """Nobody presses enter for nothing."""
    assert pages_of(["x" * 80] * 23, Size(24, 80)) == [["x" * 80] * 23]


def test_where_nobody_sits_all_of_it_is_printed() -> None:
    """And nobody is asked."""
    out = io.StringIO()
    show("a\n" * 100, out, None, ask=lambda *_: pytest.fail("asked"))
    assert out.getvalue() == "a\n" * 100


@pytest.mark.parametrize("rows", [24, 40])
def test_the_dialog_is_on_the_screen_with_its_question(somebody: Somebody, rows: int) -> None:
    """From its first line on, without a key pressed."""
    ship(somebody.project, "ORDERS")
    owner = somebody.owner.before(Window(rows))
    asked = ("telemetry", "--enable", "--endpoint", somebody.receiver.url)
    with owner.terminal(*asked, project=somebody.project) as terminal:
        terminal.sees("[y/N]")
        assert len(terminal.screen.splitlines()) <= rows
        assert "EXAMPLE" in terminal.screen
        terminal.types("n")
        assert terminal.code() == 0


def test_a_small_terminal_shows_the_dialog_page_by_page(somebody: Somebody) -> None:
    """Enter goes on; it is no answer to the question."""
    owner = somebody.owner.before(Window(14))
    with owner.terminal("telemetry", "--enable", project=somebody.project) as terminal:
        terminal.sees(MORE)
        assert "[y/N]" not in terminal.screen
        terminal.types("")
        terminal.sees("[y/N]")
        assert somebody.receipts() == []
        terminal.types("y")
        assert terminal.code() == 0
    pages = terminal.screen.partition("Share?")[0].split(MORE)
    assert [len(page.strip().splitlines()) < 14 for page in pages] == [True, True]
    assert somebody.receipts() == ["yes"]
