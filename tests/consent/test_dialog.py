"""The dialog says all that the issue of consent asks for, and takes nothing but a yes for a yes."""

from __future__ import annotations

from typing import Any

import pytest

from telemetry.consent.dialog import PARTS, QUESTION, WIDTH, consent_screen, says_yes
from telemetry.consent.terms import never_capture, report_schema

SCREEN = consent_screen("https://reports.example.org", 24, b'{"a":"' + b"x" * 700 + b'"}')


def words(text: str) -> str:
    """The text as one line."""
    return " ".join(text.split())


@pytest.mark.parametrize("answer", ["y", "Y", "yes", "YES", " yes \n"])
def test_a_yes_is_a_yes(answer: str) -> None:
    """As people type it."""
    assert says_yes(answer)


@pytest.mark.parametrize("answer", ["", " ", "n", "no", "ye", "yess", "yes please", "ok", "1", "true", "\x19", "у"])
def test_everything_else_is_a_no(answer: str) -> None:
    """The empty line above all, and letters that only look like it."""
    assert not says_yes(answer)


def test_the_default_can_be_seen() -> None:
    """The capital letter is what enter means."""
    assert QUESTION.rstrip().endswith("[y/N]")


@pytest.mark.parametrize("part", PARTS, ids="/".join)
def test_what_is_shared_is_said_in_the_schemas_own_words(part: tuple[str, ...]) -> None:
    """Nobody can change the one and forget the other."""
    found: dict[str, Any] = report_schema()["properties"]["report"]
    for name in part:
        found = found["properties"][name]
    assert words(found["description"]) in words(SCREEN)


def test_every_field_of_a_report_lies_in_a_part_that_is_shown() -> None:
    """A new one cannot hide."""

    def fields(schema: dict[str, Any], path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
        inner = schema.get("properties", {})
        return [leaf for name in inner for leaf in fields(inner[name], (*path, name))] or [path]

    for field in fields(report_schema()["properties"]["report"]):
        assert any(field[: len(part)] == part for part in PARTS), field


def test_what_never_is_is_all_of_never_capture() -> None:
    """Every entry, by its name."""
    for entry in never_capture()["entries"]:
        assert entry["id"].replace("_", " ") in words(SCREEN)


def test_where_how_long_and_what_taking_back_means_is_said() -> None:
    """And that no is fine."""
    for said in ("https://reports.example.org", "24 hours", "7 days", "--purge", "--disable", "No is fine"):
        assert said in words(SCREEN)


def example_in(screen: str) -> str:
    """The example's text on a screen."""
    shown = screen.partition("EXAMPLE: ")[2].partition("\nGOES TO")[0]
    return "".join(line.removeprefix("  ") for line in shown.splitlines()[1:])


def test_where_no_screen_limits_it_the_example_is_there_to_the_last_byte() -> None:
    """Broken into lines, and otherwise as it would leave."""
    example = b'{"a":"' + b"x" * 7000 + b'"}'
    assert example_in(consent_screen(None, 24, example)) == example.decode()


@pytest.mark.parametrize("endpoint", ["https://reports.example.org", None])
@pytest.mark.parametrize("size", [600, 1250, 4000])
def test_all_of_it_fits_a_terminal_of_24_lines_with_the_question(endpoint: str | None, size: int) -> None:
    """Nothing has scrolled away when it asks; the example is cut, and says where the whole is."""
    example = b'{"a":"' + b"x" * size + b'"}'
    screen = consent_screen(endpoint, 24, example, rows=23)
    assert len(screen.splitlines()) == 23
    shown, _, ending = example_in(screen).partition(" … ")
    assert ending == f"{len(example) - len(shown):,} bytes more: agentspec telemetry --preview"
    assert example.decode().startswith(shown)
    assert len(shown) > 80


def test_a_taller_terminal_shows_more_of_the_example() -> None:
    """All of it where there is room."""
    example = b'{"a":"' + b"x" * 1250 + b'"}'
    assert example_in(consent_screen(None, 24, example, rows=60)) == example.decode()
    assert len(consent_screen(None, 24, example, rows=30).splitlines()) == 30


def test_a_line_more_of_what_a_yes_would_do_still_fits() -> None:
    """There is room for one about reports that wait, and for how a person came here."""
    for endpoint in ("https://reports.example.org", None):
        assert len(consent_screen(endpoint, 24, b"x" * 1250, rows=21).splitlines()) <= 22


def test_without_a_feature_or_a_server_it_says_so() -> None:
    """Rather than showing a made-up one."""
    screen = words(consent_screen(None, 24, None))
    assert "there is no feature here yet" in screen
    assert "nowhere yet" in screen


def test_no_line_is_wider_than_a_terminal() -> None:
    """But for a long address."""
    assert max(map(len, SCREEN.splitlines())) <= WIDTH
