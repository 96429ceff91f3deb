"""What a person is told of the ten places that a week has: what waits, what is left out, and until when."""

from __future__ import annotations

import json
import re

import pytest

from telemetry.contract.promises import REPORTS_A_WEEK
from tests.cli.sharing.conftest import Somebody
from tests.hostile.ground import ships
from tests.people import Person
from tests.sharing.projects import ship

WEEK = 7 * 24 + 3  # hours; a place is held for a little more than a week
MORE = 3
DAY = r"on [A-Z][a-z]+day, \d{4}-\d\d-\d\d \d\d:\d\d"


@pytest.fixture
def busy(somebody: Somebody) -> Somebody:
    """One who finished more features than a week has places."""
    somebody.says_yes()
    for number in range(REPORTS_A_WEEK + MORE):
        ship(somebody.project, f"FEATURE_{number}")
    return somebody


def says(somebody: Somebody, at: Person, *words: str) -> str:
    """What a command prints at another time."""
    return at.run("telemetry", *words, project=somebody.project).stdout


def test_in_an_empty_week_it_is_said_how_many_there_are(somebody: Somebody) -> None:
    """From the yes on; where nothing is shared there is nothing to say."""
    assert "This week" not in somebody.says("--status").stdout
    somebody.says_yes()
    assert "This week:    0 of 10 reports of all your projects have left\n" in somebody.says("--status").stdout
    assert "This week" not in somebody.says("--preview").stdout
    assert somebody.reads("--status")["week"] == {
        "most": REPORTS_A_WEEK, "left": 0, "next": None, "sealed": 0, "next_sealed": None, "left_out": 0
    }  # fmt: skip


def test_what_found_the_week_full_is_counted_and_never_shared(busy: Somebody) -> None:
    """Neither now nor later; and until when the next are left out, too."""
    screen = busy.says("--status").stdout
    assert f"Left out:     {MORE} features: the week was full; never shared\n" in screen
    assert re.search(r"10 of 10 are sealed; what is finished before [A-Z][a-z]+day, .* stays here\n", screen)
    preview = busy.says("--preview").stdout
    assert f"WAITING: {REPORTS_A_WEEK} reports\n" in preview
    assert f"Left out: {MORE} features: the week was full; never shared.\n" in preview
    later = busy.owner.later(WEEK)
    assert json.loads(says(busy, later, "--preview", "--json"))["week"]["left_out"] == MORE
    assert len(json.loads(says(busy, later, "--preview", "--json"))["waiting"]) == REPORTS_A_WEEK


def test_the_export_says_what_was_left_out(busy: Somebody) -> None:
    """As all that is kept is said."""
    busy.says("--status")
    entries = json.loads(busy.says("--export").stdout)["sealed"]
    assert sorted(str(entry["left_out"]) for entry in entries) == ["None"] * REPORTS_A_WEEK + ["week_full"] * MORE


def test_what_waits_for_a_place_is_told_with_the_day(busy: Somebody) -> None:
    """By --send-now, --status and --preview alike; --send-now ends with 1, as for anything that did not leave."""
    busy.says("--status")
    later = busy.owner.later(WEEK)
    for number in range(MORE):
        ships(later, busy.project, f"LATER_{number}")
    sent = later.run("telemetry", "--send-now", project=busy.project)
    assert sent.returncode == 1
    assert re.fullmatch(
        rf"10 reports sent\.\n3 reports must wait: this week 10 of 10 reports of all your projects have left; "
        rf"the next may leave {DAY}\.\n",
        sent.stdout,
    )
    week = rf"10 of 10 reports of all your projects have left; the next may leave {DAY}"
    assert re.search(rf"This week:    {week}\n", says(busy, later, "--status"))
    tomorrow = busy.owner.later(WEEK + 25)
    preview = says(busy, tomorrow, "--preview")
    assert re.search(rf"This week {week}\.\n", preview)
    assert preview.count("withheld  waits for a place: as many as may have left this week\n") == MORE
    found = json.loads(says(busy, tomorrow, "--status", "--json"))
    assert found["reports"]["next"] == found["week"]["next"]
    assert json.loads(says(busy, tomorrow, "--send-now", "--json")) == {
        "sent": 0, "refused": 0, "full": MORE, "stopped": None
    }  # fmt: skip


def test_saying_no_and_yes_again_or_purging_the_project_makes_no_new_places(busy: Somebody) -> None:
    """The week is the person's, not the project's."""
    assert busy.says("--send-now").returncode == 0
    busy.says("--disable")
    busy.says_yes()
    assert busy.reads("--status")["week"]["left"] == REPORTS_A_WEEK
    assert busy.says("--purge", "--yes").returncode == 0
    busy.says_yes()
    ship(busy.project, "ANEW")
    found = busy.reads("--status")
    assert (found["week"]["left"], found["week"]["sealed"], found["week"]["left_out"]) == (10, 10, 1)


def test_where_leaving_cannot_be_counted_nothing_leaves_and_it_is_said(busy: Somebody) -> None:
    """Here the count is open to others; nothing is sealed, nothing is sent."""
    (busy.owner.state / "places").write_text("{}")
    (busy.owner.state / "places").chmod(0o644)
    assert "what leaves cannot be counted" in busy.says("--status").stdout
    sent = busy.says("--send-now")
    assert (sent.returncode, sent.stdout) == (1, "")
    assert "what leaves cannot be counted" in sent.stderr
    assert busy.receiver.ledger.raw == [] and list((busy.store / "outbox").iterdir()) == []
