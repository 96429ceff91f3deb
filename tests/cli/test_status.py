"""`agentspec status`: what is recorded where, without reading all of it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from telemetry.cli import reading, stock
from telemetry.cli.main import main
from tests.cli.journals import defined, event, write
from tests.people import Person, person
from tests.sharing.projects import project_in, ship


def told(project: Path, capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    """What status prints."""
    assert main(["status", "--project", str(project), *argv]) == 0
    return capsys.readouterr().out


def test_it_says_what_is_recorded_where(project: Path, store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Path, size, first and last, retention, and that nothing leaves."""
    write(store, event(9, "2026-10-01T08:30:00.000Z", kind="turn_ended"))
    defined(store)
    (store / "open").mkdir()
    (store / "open" / ("a" * 16)).touch()
    (store / "config.yaml").write_text("recording: on\nretention_days: 30\n")
    lines = dict(line.split(":", 1) for line in told(project, capsys).splitlines() if ":" in line)
    assert lines["Store"].strip() == str(store)
    assert lines["Recording"].strip() == "on"
    assert lines["Events"].strip().startswith("3 in 2 months")
    assert lines["First event"].strip()[:10] == "2026-10-01"
    assert lines["Last event"].strip()[:10] == "2026-11-20"
    assert lines["Open sessions"].strip() == "1"
    assert lines["Kept"].strip().startswith("30 days, up to 256 MB")
    assert lines["Sharing"].strip() == "off (nothing leaves this machine)"


def test_json_says_the_same(project: Path, store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """For other tools; instants in UTC."""
    defined(store)
    found = json.loads(told(project, capsys, "--json"))
    assert found["events"]["lines"] == 2
    assert found["events"]["last"] == "2026-11-20T10:00:00.900Z"
    assert (found["sharing"], found["sharing_reason"]) == ("off", "sharing_off")


def test_a_store_that_is_not_there_is_no_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It will be made with the first phase; asking does not make it."""
    assert "none at" in told(tmp_path, capsys)
    assert not (tmp_path / ".claude").exists()


def test_recording_that_is_off_is_said(project: Path, store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With the file that says so."""
    (store / "config.yaml").write_text("recording: off\n")
    assert "off (config.yaml" in told(project, capsys)


def test_lines_are_counted_across_pieces(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line that begins just where a piece ends counts once; blank lines do not count."""
    for number in range(50):
        write(store, event(number, "2026-11-20T10:00:00.000Z", kind="turn_ended"))
    for size in (1, 2, 7, 64, 1000):
        monkeypatch.setattr(stock, "_CHUNK", size)
        assert stock.stock_of(store).lines == 50


def test_a_link_is_not_followed(tmp_path: Path, store: Path) -> None:
    """What lies outside is nobody's business."""
    (tmp_path / "elsewhere").write_text("recording: off\n")
    (store / "config.yaml").symlink_to(tmp_path / "elsewhere")
    assert stock.text_of(store / "config.yaml") is None


def test_a_folder_a_pipe_or_a_device_is_not_read(tmp_path: Path) -> None:
    """Without waiting, and without an error."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "device").symlink_to("/dev/zero")
    for path in (tmp_path, tmp_path / "pipe", tmp_path / "device", Path("/dev/zero"), tmp_path / "nothing"):
        assert reading.bytes_of(path, 10) is None


def test_the_home_folders_telemetry_is_no_store(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Claude Code's own files lie there."""
    (tmp_path / "home" / ".claude" / "telemetry").mkdir(parents=True)
    assert "none at" in told(tmp_path / "home", capsys)


# --- sharing


def seen(somebody: Person, project: Path, *argv: str, **environ: str) -> str:
    """What status prints for somebody."""
    done = somebody.run("status", *argv, project=project, **environ)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_it_says_the_truth_about_sharing(tmp_path: Path) -> None:
    """On, on without a server, off, off for a reason: as the gate has it; the rest is for telemetry --status."""
    somebody, project = person(tmp_path), project_in(tmp_path)
    ship(project, "ORDERS")
    assert "Sharing:        off (nothing leaves this machine)\n" in seen(somebody, project)
    somebody.run("telemetry", "--enable", "--yes", project=project)
    assert "Sharing:        on\n" in seen(somebody, project)
    assert "no server is set" in seen(somebody, project)
    somebody.run("telemetry", "--enable", "--yes", "--endpoint", "https://reports.example.org", project=project)
    assert "no server is set" not in seen(somebody, project)
    forbidden = seen(somebody, project, DO_NOT_TRACK="1")
    assert "Sharing:        off" in forbidden and "DO_NOT_TRACK is set" in forbidden
    assert all("agentspec telemetry --status" in text for text in (forbidden, seen(somebody, project)))
    found = json.loads(seen(somebody, project, "--json", DO_NOT_TRACK="1"))
    assert (found["sharing"], found["sharing_reason"]) == ("off", "do_not_track")
    assert json.loads(seen(somebody, project, "--json"))["sharing_reason"] is None


def test_a_switch_turned_on_by_hand_alone_is_off(tmp_path: Path) -> None:
    """It says why; at a terminal it asks first."""
    somebody, project = person(tmp_path), project_in(tmp_path)
    ship(project, "ORDERS")
    (project / ".claude" / "telemetry" / "config.yaml").write_text("sharing: on\n")
    assert "nobody has said yes" in seen(somebody, project)
    with somebody.terminal("status", "--json", project=project) as terminal:
        assert terminal.code() == 0
    assert "[y/N]" not in terminal.screen
    with somebody.terminal("status", project=project) as terminal:
        terminal.sees("[y/N]")
        terminal.types("y")
        assert terminal.code() == 0
    assert "Sharing:        on" in terminal.screen
