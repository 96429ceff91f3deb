"""`agentspec insights`: which period, which projects, which form; and what it says where there is nothing."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from argparse import ArgumentParser, Namespace
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from jsonschema import Draft202012Validator

from benchmarks.journals import Writer
from telemetry.cli import insights
from telemetry.cli.main import main
from telemetry.cli.projects import project_around
from telemetry.cli.reading import is_recording
from telemetry.cli.stock import stock_of
from telemetry.contract.errors import TelemetryError
from telemetry.contract.records import TrackedFeature
from telemetry.contract.resources import shipped
from tests.cli.journals import defined
from tests.insights.cohorts import NOW, feature, seed_month
from tests.people import Person, person
from tests.sharing.projects import project_in, ship

TODAY = date(2026, 11, 22)


class Loaded(NamedTuple):
    """What a loader hands over."""

    features: list[TrackedFeature]
    events: int = 1000
    set_aside: int = 0


def parsed(*argv: str) -> Namespace:
    """The arguments as the verb sees them."""
    parser = ArgumentParser()
    insights.add_arguments(parser)
    return parser.parse_args(argv)


def answered(project: Path, loaded: Loaded, *argv: str) -> str:
    """The answer to a command line, in a project whose store holds these features."""

    def load(store: str, moment: datetime, since: datetime | None) -> Loaded:
        return loaded

    return insights.answer(parsed(*argv), load, NOW, lambda: str(project))


@pytest.mark.parametrize(
    ("argv", "since", "until"),
    [
        ((), date(2026, 10, 24), TODAY),
        (("--days", "7"), date(2026, 11, 16), TODAY),
        (("--since", "2026-10-01"), date(2026, 10, 1), None),
        (("--since", "2026-10-01", "--until", "2026-10-31"), date(2026, 10, 1), date(2026, 10, 31)),
        (("--until", "2026-10-31"), date(2026, 10, 2), date(2026, 10, 31)),
        (("--until", "2026-10-31", "--days", "1"), date(2026, 10, 31), date(2026, 10, 31)),
        (("--all",), None, None),
    ],
)
def test_the_options_name_a_period(argv: tuple[str, ...], since: date | None, until: date | None) -> None:
    """Both days are included."""
    assert insights.period_of(parsed(*argv), TODAY)[:2] == (since, until)


@pytest.mark.parametrize(
    "argv",
    [
        ("--all", "--days", "3"),
        ("--all", "--until", "2026-10-31"),
        ("--days", "3", "--since", "2026-10-01"),
        ("--days", "0"),
        ("--days", "-1"),
        ("--days", "99999999999"),
        ("--since", "2026-10-02", "--until", "2026-10-01"),
    ],
)
def test_contradictory_periods_are_told_with_a_hint(argv: tuple[str, ...]) -> None:
    """Not guessed at."""
    with pytest.raises(TelemetryError) as told:
        insights.period_of(parsed(*argv), TODAY)
    assert told.value.hint


@pytest.mark.parametrize("text", ["yesterday", "2026-13-01", "0001-01-01", "9999-12-31", "20261001", "2026-10-1"])
def test_what_is_no_day_is_refused(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    """With the way to write one."""
    with pytest.raises(SystemExit):
        parsed("--since", text)
    assert "2026-11-22" in capsys.readouterr().err


def test_the_answer_is_the_screen(project: Path) -> None:
    """For the last 30 days."""
    text = answered(project, Loaded(seed_month()))
    assert text.startswith("YOUR SDD METRICS (Last 30 Days)\n")
    assert "Features Shipped:    10" in text


def test_only_features_of_the_period_count(project: Path) -> None:
    """Whatever the loader hands over."""
    loaded = Loaded([feature(days_ago=2), feature(days_ago=40)])
    assert "Features Started:    1\n" in answered(project, loaded)
    assert "Features Started:    2\n" in answered(project, loaded, "--all")


def test_several_projects_are_added_up(tmp_path: Path) -> None:
    """Each once, however it is spelled."""
    for name in ("one", "two"):
        (tmp_path / name / ".claude" / "telemetry").mkdir(parents=True)
    projects = ["--project", str(tmp_path / "one"), "--project", str(tmp_path / "two"), "--json"]
    again = ["--project", str(tmp_path / "two" / ".." / "one")]
    answer = json.loads(answered(tmp_path, Loaded([feature()], 10, 1), *projects, *again))
    assert answer["features"]["started"] == 2
    assert answer["journal"] == {"events": 20, "set_aside": 2}


def test_the_nearest_store_upwards_is_meant(project: Path) -> None:
    """From anywhere inside the project."""
    inside = project / "src" / "deep"
    inside.mkdir(parents=True)
    assert "Features Started:    1\n" in answered(inside, Loaded([feature()]))


def test_a_project_that_is_not_there_is_told() -> None:
    """A slip of the hand is no empty store."""
    with pytest.raises(TelemetryError, match="no folder"):
        answered(Path("/"), Loaded([]), "--project", "/nowhere/at/all")


def test_json_is_as_its_schema_says(project: Path) -> None:
    """Also with nothing in it."""
    schema = yaml.safe_load(shipped("schemas", "insights.yaml").read_text(encoding="utf-8"))
    for features in ([], seed_month()):
        Draft202012Validator(schema).validate(json.loads(answered(project, Loaded(features), "--json")))


def test_records_are_the_feature_records(project: Path) -> None:
    """All of the period, as schemas/feature.yaml has them."""
    schema = yaml.safe_load(shipped("schemas", "feature.yaml").read_text(encoding="utf-8"))
    records: list[dict[str, Any]] = json.loads(answered(project, Loaded(seed_month()), "--records", "--json"))
    assert len(records) == 15
    for record in records:
        Draft202012Validator(schema).validate(record)
    assert len(answered(project, Loaded(seed_month()), "--records").splitlines()) == 16


def test_without_a_store_it_says_how_to_begin(tmp_path: Path) -> None:
    """Not an error: there is just nothing yet."""
    text = answered(tmp_path, Loaded([]))
    assert "this project has no store" in text
    assert "agentspec install" in text


def test_an_empty_store_says_how_to_begin(project: Path, store: Path) -> None:
    """And that recording is off, where it is."""
    assert "nothing is recorded here so far" in answered(project, Loaded([], 0))
    (store / "config.yaml").write_text("recording: off\n")
    assert "Recording is off" in answered(project, Loaded([], 0))


def test_an_empty_period_says_that_there_is_more(project: Path) -> None:
    """Events are there, features of this period are not."""
    assert "agentspec insights --all" in answered(project, Loaded([feature(days_ago=300)]))


def test_it_reads_a_real_journal(
    project: Path, store: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """From the lines the hook writes to the screen; a torn one is set aside and told."""
    defined(store)
    with (store / "events" / "2026-11.jsonl").open("ab") as file:
        file.write(b'\n{"v":1,"id"\n')
    monkeypatch.chdir(project)
    assert main(["insights"]) == 0
    printed = capsys.readouterr().out
    assert "Features Started:    1\n" in printed
    assert "1 line of the journal could not be read" in printed


@pytest.mark.parametrize("argv", [["--plain"], []])
def test_ascii_is_printed_where_it_is_asked_for_or_all_there_is(
    argv: list[str], project: Path, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A terminal without the signs gets plain ones instead of a crash."""
    defined(store)
    printed = io.BytesIO()
    monkeypatch.chdir(project)
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(printed, encoding="utf-8" if argv else "ascii"))
    assert main(["insights", *argv]) == 0
    sys.stdout.flush()
    assert b"Brainstorm -> Define:" in printed.getvalue()


@pytest.mark.parametrize("kind", ["device", "pipe", "folder", "huge", "off"])
def test_a_config_that_is_no_plain_file_is_read_as_off(kind: str, project: Path, store: Path) -> None:
    """Not waited for, not drunk up; insights, status and the hook agree."""
    config = store / "config.yaml"
    if kind == "device":
        config.symlink_to("/dev/zero")
    elif kind == "pipe":
        os.mkfifo(config)
    elif kind == "folder":
        config.mkdir()
    else:
        config.write_text("recording: off\n" if kind == "off" else "recording: on\n" + "#" * 70_000)
    assert "Recording is off" in answered(project, Loaded([], 0))
    assert not is_recording(store)
    assert not stock_of(store).is_recording


@pytest.mark.parametrize("own", ["HOME", "CLAUDE_CONFIG_DIR"])
def test_claude_codes_own_folder_is_no_project(own: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder below it does not belong to it; a project further up does."""
    below = tmp_path / "outer" / "own" / "below"
    below.mkdir(parents=True)
    (tmp_path / "outer" / "own" / ".claude" / "telemetry").mkdir(parents=True)
    assert project_around(str(below)) == str(tmp_path / "outer" / "own")
    monkeypatch.setenv(own, str(tmp_path / "outer" / "own") + ("" if own == "HOME" else "/.claude"))
    assert project_around(str(below)) is None
    (tmp_path / "outer" / ".claude" / "telemetry").mkdir(parents=True)
    assert project_around(str(below)) == str(tmp_path / "outer")


@pytest.mark.parametrize(
    ("verb", "config", "remembers"), [("insights", "on", True), ("insights", "off", False), ("doctor", "on", False)]
)
def test_a_cache_is_kept_by_insights_only_and_not_where_recording_is_off(
    verb: str, config: str, remembers: bool, project: Path, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Doctor changes nothing; off means that nothing is written."""
    (store / "config.yaml").write_text(f"recording: {config}\n")
    defined(store)
    monkeypatch.setattr("telemetry.features.history.CACHED_FROM", 1)
    monkeypatch.setattr("telemetry.features.history.SMALL_BLOCK", 64)
    main([verb, "--project", str(project)])
    assert (store / "cache.jsonl").exists() == remembers


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z", "x"])
@pytest.mark.parametrize("verb", ["insights", "doctor"])
def test_a_clock_out_of_this_world_is_told(
    verb: str, moment: str, project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is no bug."""
    monkeypatch.setenv("AGENTSPEC_TELEMETRY_NOW", moment)
    assert main([verb, "--project", str(project)]) == 1
    assert "is no instant" in capsys.readouterr().err


# --- from an export


PERIODS = [(), ("--days", "7"), ("--since", "2026-01-01"), ("--until", "2026-10-31"), ("--all",)]


@pytest.fixture
def exported(project: Path, store: Path) -> Path:
    """An export of a project with months of work in it, and a torn line."""
    Writer(store, seed=3).write(2_000, NOW, 200)
    with (store / "events" / "2026-11.jsonl").open("ab") as file:
        file.write(b'\n{"v":1,"id"\n')
    place = project.parent / "mine.json"
    assert main(["telemetry", "--project", str(project), "--export", str(place)]) == 0
    return place


@pytest.mark.parametrize("form", [(), ("--json",), ("--records",), ("--records", "--json"), ("--plain",)])
def test_an_export_gives_the_figures_of_the_store(
    form: tuple[str, ...], project: Path, exported: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Byte for byte, in every period."""
    capsys.readouterr()
    for period in PERIODS:
        assert main(["insights", *period, *form, "--project", str(project)]) == 0
        own = capsys.readouterr().out
        assert main(["insights", *period, *form, "--from", str(exported)]) == 0
        assert capsys.readouterr().out == own, period
        assert len(own) > 100


def test_an_export_of_an_empty_store_gives_its_screen(
    project: Path, store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is recorded, and said so."""
    place = str(project.parent / "mine.json")
    assert main(["telemetry", "--project", str(project), "--export", place]) == 0
    capsys.readouterr()
    assert main(["insights", "--project", str(project)]) == 0
    own = capsys.readouterr().out
    assert main(["insights", "--from", place]) == 0
    assert capsys.readouterr().out == own


def test_an_export_or_a_project_not_both(exported: Path, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nor anything that is no export."""
    assert main(["insights", "--from", str(exported), "--project", str(project)]) == 1
    assert "Leave one of them out" in capsys.readouterr().err
    assert main(["insights", "--from", __file__]) == 1
    assert "is no export" in capsys.readouterr().err


# --- sharing


def at(somebody: Person, project: Path, *argv: str) -> str:
    """What insights prints for somebody."""
    done = somebody.run("insights", *argv, project=project)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.fixture
def sharer(tmp_path: Path) -> tuple[Person, Path]:
    """Somebody who said yes in a project with a feature in it."""
    somebody, folder = person(tmp_path / "sharer"), project_in(tmp_path / "sharer")
    ship(folder, "ORDERS")
    assert somebody.run("telemetry", "--enable", "--yes", project=folder).returncode == 0
    return somebody, folder


def change_endpoint(project: Path, host: str) -> None:
    """By hand, as a person would."""
    config = project / ".claude" / "telemetry" / "config.yaml"
    kept = [line for line in config.read_text().splitlines() if not line.startswith("endpoint:")]
    config.write_text("\n".join([*kept, f"endpoint: https://{host}", ""]))


def test_that_sharing_lapsed_is_said_once(sharer: tuple[Person, Path]) -> None:
    """Under the figures, as one remark; a lapse after a new yes is another."""
    somebody, project = sharer
    figures = at(somebody, project)
    assert "lapsed" not in figures
    change_endpoint(project, "reports.example.org")
    assert "lapsed" not in at(somebody, project, "--json") + at(somebody, project, "--records")
    told = at(somebody, project)
    assert told.startswith(figures)
    remark = told.removeprefix(figures)
    assert "Sharing has lapsed" in remark and "telemetry --status" in remark
    assert max(map(len, remark.splitlines())) <= 80
    assert at(somebody, project) == figures
    change_endpoint(project, "other.example.org")
    assert at(somebody, project) == figures  # the same reason
    assert somebody.run("telemetry", "--enable", "--yes", project=project).returncode == 0
    change_endpoint(project, "reports.example.org")
    assert "Sharing has lapsed" in at(somebody, project)


def test_another_reason_is_said_anew(sharer: tuple[Person, Path]) -> None:
    """Each once."""
    somebody, project = sharer
    change_endpoint(project, "reports.example.org")
    assert "address has changed" in at(somebody, project)
    (receipt,) = somebody.state.glob("*.receipt")
    receipt.write_text(receipt.read_text().replace('"yes"', '"no"'))
    assert "was altered" in at(somebody, project).replace("\n", " ")
    assert "lapsed" not in at(somebody, project)


def test_nobody_is_nagged_who_never_said_yes(tmp_path: Path) -> None:
    """A switch turned on by hand is the dialog's matter, and a no is a no."""
    somebody, project = person(tmp_path / "one"), project_in(tmp_path / "one")
    ship(project, "ORDERS")
    config = project / ".claude" / "telemetry" / "config.yaml"
    config.write_text("sharing: on\n")
    assert "haring" not in at(somebody, project)
    assert not somebody.state.exists()
    with somebody.terminal("insights", project=project) as terminal:
        terminal.sees("[y/N]")
        terminal.types("n")
        assert terminal.code() == 0
    assert "YOUR SDD METRICS" in terminal.screen
    assert "sharing: off" in config.read_text()


@pytest.mark.parametrize("words", [(), ("--all",)])
def test_what_was_said_goes_with_the_yes(words: tuple[str, ...], sharer: tuple[Person, Path]) -> None:
    """A purge leaves no note of it."""
    somebody, project = sharer
    change_endpoint(project, "reports.example.org")
    assert "lapsed" in at(somebody, project)
    assert len(list(somebody.state.glob("*.told"))) == 1
    assert somebody.run("telemetry", "--purge", "--yes", *words, project=project).returncode == 0
    assert list(somebody.state.glob("*.told")) == []


@pytest.mark.parametrize("argv", [("--json",), ("--records",)])
def test_the_dialog_keeps_out_of_what_programs_read(argv: tuple[str, ...], tmp_path: Path) -> None:
    """Nor is anybody asked inside a session of Claude Code."""
    somebody, project = person(tmp_path / "one"), project_in(tmp_path / "one")
    ship(project, "ORDERS")
    (project / ".claude" / "telemetry" / "config.yaml").write_text("sharing: on\n")
    for words, environ in ((argv, {}), ((), {"CLAUDECODE": "1"})):
        with somebody.terminal("insights", *words, project=project, **environ) as terminal:
            assert terminal.code() == 0
        assert "[y/N]" not in terminal.screen


def test_who_does_not_share_waits_for_nothing_of_sharing(project: Path, store: Path) -> None:
    """Nothing of it is imported."""
    (store / "config.yaml").write_text("sharing: off\n")
    defined(store)
    code = (
        "import sys; from telemetry.cli.main import main; main(['insights']);"
        "sys.exit(str([name for name in sys.modules if 'consent' in name or 'sharing' in name or 'community' in name]) "
        "if any('consent' in name or 'sharing' in name or 'community' in name for name in sys.modules) else 0)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=project, check=True)
