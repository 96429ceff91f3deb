"""The boundary: an expected failure has a hint, a bug leaves a log without anything of the person's."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from telemetry.cli.boundary import guarded
from telemetry.contract.errors import TelemetryError
from telemetry.journal.store import StoreRefused

SECRET = "canary-7f3a"


def failing(error: BaseException) -> int:
    """Run something that raises."""

    def action() -> int:
        raise error

    return guarded(action, "insights")


def test_what_goes_well_goes_through() -> None:
    """The action's own exit code."""
    assert guarded(lambda: 0) == 0
    assert guarded(lambda: 1) == 1


def test_an_expected_failure_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    """Message and hint on standard error, exit code 1."""
    assert failing(TelemetryError("no such thing", "Make one.")) == 1
    printed = capsys.readouterr()
    assert printed.err == "agentspec: no such thing\n  Make one.\n"
    assert printed.out == ""


def test_a_store_that_refuses_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    """The hook's codes, in words."""
    assert failing(StoreRefused("symlink")) == 1
    assert "symbolic link" in capsys.readouterr().err


def test_a_file_the_system_refuses_is_no_bug(capsys: pytest.CaptureFixture[str]) -> None:
    """Told with its name, and the way to the doctor."""
    assert failing(PermissionError(errno.EACCES, "Permission denied", "/some/file")) == 1
    assert "/some/file: Permission denied" in capsys.readouterr().err


def test_an_interrupt_is_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    """As a shell has it: 130."""
    assert failing(KeyboardInterrupt()) == 130
    assert capsys.readouterr() == ("", "")


def test_a_bug_leaves_a_log_that_can_be_pasted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 3, and where the log is; our own lines are in it, and nothing of the person's."""

    def buggy() -> int:
        from telemetry.insights.period import last_days  # noqa: PLC0415 a line of ours for the log

        try:
            return int({SECRET: 1}[SECRET + SECRET])
        except KeyError as error:
            last_days(SECRET, None)  # type: ignore[arg-type]
            raise AssertionError from error

    assert guarded(buggy, "insights") == 3
    log = tmp_path / "home" / ".cache" / "agentspec-telemetry" / "bug.log"
    assert str(log) in capsys.readouterr().err
    text = log.read_text(encoding="utf-8")
    assert "TypeError" in text
    assert "KeyError" in text
    assert "telemetry/insights/period.py:" in text
    assert "verb: insights" in text
    assert SECRET not in text
    assert str(tmp_path) not in text
    assert Path(__file__).name not in text


def test_a_bug_of_a_foreign_type_is_not_named() -> None:
    """Its name may be anything."""
    from telemetry.cli.bug_log import report_of  # noqa: PLC0415

    foreign = type(SECRET, (Exception,), {})
    assert SECRET not in report_of(foreign(), "")


def test_without_a_place_for_the_log_it_is_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A bug is told, whatever the disk says."""
    monkeypatch.setenv("XDG_CACHE_HOME", os.devnull)
    assert failing(RuntimeError(SECRET)) == 3
    printed = capsys.readouterr().err
    assert "RuntimeError" in printed
    assert SECRET not in printed


def test_a_reader_that_goes_away_is_no_failure_to_speak_of(project: Path) -> None:
    """`agentspec insights | head -0`: no traceback."""
    code = "from telemetry.cli.main import run; import sys; sys.argv = ['agentspec', 'status']; sys.stdin.read(); run()"
    with subprocess.Popen([sys.executable, "-c", code], cwd=project, stdin=-1, stdout=-1, stderr=-1) as process:
        assert process.stdout
        assert process.stderr
        assert process.stdin
        process.stdout.close()
        process.stdin.close()
        assert process.stderr.read() == b""
        assert process.wait() == 141
