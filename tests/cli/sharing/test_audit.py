"""`agentspec telemetry --audit`: can fail, and says by which way it looked."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from telemetry.cli.sharing import audit, tracing
from tests.cli.sharing.conftest import Somebody


def test_with_sharing_off_no_process_opens_a_socket(somebody: Somebody) -> None:
    """By strace, hooks and commands, with a control that is seen."""
    assert shutil.which("strace"), "apt-get install strace"
    found = somebody.reads("--audit")
    assert found["passed"]
    assert found["how"] == tracing.STRACE
    assert (found["control"], found["recorded"], found["sockets"]) == (True, True, 0)
    assert len(found["processes"]) > 20


def test_without_strace_python_itself_looks_and_it_is_said(somebody: Somebody) -> None:
    """A PATH on which there is none."""
    found = somebody.reads("--audit", PATH="/nowhere")
    assert found["passed"]
    assert found["how"] == tracing.AUDIT_HOOK


@pytest.mark.parametrize("may_trace", [True, False])
def test_a_socket_is_seen(may_trace: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By either way, also in a child's child."""
    monkeypatch.setattr(tracing, "_may_trace", lambda: may_trace)
    tracer = tracing.Tracer(tmp_path, {"PATH": "/usr/bin:/bin"})
    assert tracer.python("one", tracing.CONTROL, [], tmp_path).sockets == 1
    assert tracer.python("none", "pass", [], tmp_path).sockets == 0


def test_an_audit_that_sees_nothing_at_all_proves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its control must be seen."""
    monkeypatch.setattr(audit, "CONTROL", "pass")
    monkeypatch.setattr(audit, "_VERBS", (("status",),))
    found = audit.audited(tmp_path, {"PATH": "/usr/bin:/bin"})
    assert not found["passed"]
    assert "Nothing is proved" in audit.lines_of(found)[-1]


def test_a_command_that_opens_a_socket_fails_the_audit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As requests does when it is imported."""
    monkeypatch.setattr(audit, "_AGENTSPEC", tracing.CONTROL)
    monkeypatch.setattr(audit, "_VERBS", (("status",),))
    found = audit.audited(tmp_path, {"PATH": "/usr/bin:/bin"})
    assert (found["passed"], found["sockets"]) == (False, 1)
    assert "That is a bug" in audit.lines_of(found)[-1]
