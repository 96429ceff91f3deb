"""`agentspec-community release`, as an operator runs it."""

from __future__ import annotations

import argparse
import json
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from telemetry.community.contributions import contribution_of
from telemetry.community.main import main
from telemetry.community.release import verb
from telemetry.community.release.budget import opened
from telemetry.community.sqlite.database import open_database
from telemetry.community.strangers import simulated
from telemetry.contract.errors import TelemetryError
from telemetry.contract.signature import verify

WEEK = "2026-W45"
SET_UP = datetime(2026, 11, 3, tzinfo=timezone.utc)  # in that week
NOW = datetime(2026, 11, 16, tzinfo=timezone.utc)  # it is closed since today


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data folder of a server that took 2,000 reports in its first week."""
    monkeypatch.setenv("AGENTSPEC_COMMUNITY_DATA", str(tmp_path))
    database = open_database(tmp_path / "community.db")
    reports = (json.loads(line)["report"] for line in simulated(1, 2000))
    database.aggregates.add([contribution_of(report, report["session"]["id"], WEEK) for report in reports])
    database.close()
    return tmp_path


def run(*options: str, now: datetime = NOW) -> int:
    """One command line, at a moment."""
    parser = argparse.ArgumentParser()
    verb.add_arguments(parser)
    return verb.run(parser.parse_args(options), now)


def files(data: Path) -> dict[str, bytes]:
    """What is served."""
    return {file.name: file.read_bytes() for file in sorted((data / "releases").iterdir())}


def test_a_week_is_released_signed_by_the_key_that_was_made(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A second run has nothing to do and changes nothing."""
    assert run("--make-key", now=SET_UP) == 0
    public = capsys.readouterr().out.split()[2]
    assert run() == 0
    assert f"released {WEEK}: " in (said := capsys.readouterr().out)
    assert "Spent: ρ 0.2 in all (ε 3.1)" in said
    first = files(data)
    assert list(first) == [f"{WEEK}.json", "latest.json"]
    release = verify(first[f"{WEEK}.json"], public)
    assert (release["development"], release["period"]) == (False, WEEK)
    assert run() == 0
    assert "Nothing is due" in capsys.readouterr().out
    assert files(data) == first


def test_releases_begin_with_the_week_of_the_key(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And go on with every week, though nobody shares any more."""
    run("--make-key", now=SET_UP + timedelta(days=7))
    assert "2026-W46" in capsys.readouterr().out
    assert run() == 0
    assert "Nothing is due" in capsys.readouterr().out
    assert run(now=NOW + timedelta(days=14)) == 0
    assert list(files(data)) == ["2026-W46.json", "2026-W47.json", "latest.json"]


def test_where_the_database_of_releases_is_lost_nothing_is_drawn(data: Path) -> None:
    """Neither what it had drawn nor what came later: the files stay, and the hint says what to do."""
    run("--make-key", now=SET_UP)
    run()
    before = files(data)
    (data / verb.RELEASES).unlink()
    with pytest.raises(TelemetryError, match=WEEK):
        run(now=NOW + timedelta(days=21))
    assert files(data) == before
    with opened(data / verb.RELEASES, False) as store:
        assert store.weeks() == [] and store.spent() == 0


def test_development_says_so_in_the_file_and_on_the_screen(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """First of all."""
    run("--make-key", now=SET_UP)
    capsys.readouterr()
    assert run("--no-noise", "--yes") == 0
    assert capsys.readouterr().out.startswith("DEVELOPMENT")
    latest = json.loads(files(data)["latest.json"])
    assert latest["week"]["release"]["development"] is latest["month"]["release"]["development"] is True


@pytest.mark.parametrize(("name", "value"), [("HOST", "0.0.0.0"), ("TRUSTED_PROXIES", "127.0.0.0/8")])
def test_development_is_refused_where_others_could_be_served(
    data: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """Nothing is made."""
    run("--make-key", now=SET_UP)
    monkeypatch.setenv(f"AGENTSPEC_COMMUNITY_{name}", value)
    with pytest.raises(TelemetryError, match="without noise"):
        run("--no-noise", "--yes")
    assert not (data / "releases").exists()


def test_a_folder_becomes_one_for_development_only_by_a_word(data: Path) -> None:
    """The hint names it. What was refused changed nothing: the next week is released with noise."""
    run("--make-key", now=SET_UP)
    with pytest.raises(TelemetryError, match="nothing with noise any more") as refused:
        run("--no-noise")
    assert "--yes" in refused.value.hint
    assert run() == 0
    assert not json.loads(files(data)["latest.json"])["week"]["release"]["development"]


def test_the_word_is_asked_for_once(data: Path) -> None:
    """A folder that has exact figures already has nothing to lose."""
    run("--make-key", now=SET_UP)
    assert run("--no-noise", "--yes") == run("--no-noise") == 0
    with pytest.raises(TelemetryError, match="side by side"):
        run()
    assert json.loads(files(data)["latest.json"])["week"]["release"]["development"]


def test_exact_figures_are_never_made_beside_noised_ones(data: Path) -> None:
    """Nor the other way round."""
    run("--make-key", now=SET_UP)
    run()
    with pytest.raises(TelemetryError, match="side by side"):
        run("--no-noise", "--yes")


def test_a_budget_that_does_not_do_is_refused_with_nothing_shown(data: Path) -> None:
    """By the operator's own limit."""
    run("--make-key", now=SET_UP)
    with pytest.raises(TelemetryError, match="budget"):
        run("--rho-a-year", "0.1")
    assert files(data) == {}


@pytest.mark.usefixtures("data")
def test_without_a_key_the_hint_says_what_to_do() -> None:
    """An expected error."""
    with pytest.raises(TelemetryError) as no_key:
        run()
    assert "--make-key" in no_key.value.hint


@pytest.mark.usefixtures("data")
def test_it_is_a_verb_of_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    """Found by the command's own list; expected errors have their exit code."""
    assert main(["release"]) == 1
    assert "there is no signing key" in capsys.readouterr().err


def test_a_kill_between_keeping_and_publishing_is_mended(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bytes that were kept are published by the next run."""

    def killed(*_: object, **__: object) -> list[str]:
        raise KeyboardInterrupt

    run("--make-key", now=SET_UP)
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(verb, "publish", killed)
        run()
    assert not (data / "releases").exists()
    assert run() == 0
    assert list(files(data)) == [f"{WEEK}.json", "latest.json"]
