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


def test_a_short_example_is_there_to_the_last_byte() -> None:
    """Broken into lines, and otherwise as it would leave."""
    example = b'{"a":"' + b"x" * 700 + b'"}'
    shown = consent_screen(None, 24, example).replace("\n  ", "")
    assert example.decode() in shown


def test_a_long_example_is_cut_and_says_where_the_rest_is() -> None:
    """With the largest report there is, the whole dialog fits the 55 lines of a window made large."""
    screen = consent_screen("https://reports.example.org", 24, b'{"a":"' + b"x" * 4000 + b'"}')
    assert "bytes more: agentspec telemetry --preview" in screen
    assert len(screen.splitlines()) <= 55


def test_without_a_feature_or_a_server_it_says_so() -> None:
    """Rather than showing a made-up one."""
    screen = words(consent_screen(None, 24, None))
    assert "There is no feature here yet" in screen
    assert "nowhere yet" in screen


def test_no_line_is_wider_than_a_terminal() -> None:
    """But for a long address."""
    assert max(map(len, SCREEN.splitlines())) <= WIDTH
