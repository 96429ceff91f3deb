"""`agentspec telemetry --audit`: can fail, and says by which way it looked."""

from __future__ import annotations

import shutil
from argparse import Namespace
from pathlib import Path

import pytest

from telemetry.cli.sharing import audit, tracing
from telemetry.cli.sharing.setting import setting_of
from telemetry.contract.vocabulary import PHASES
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
    """By either way."""
    monkeypatch.setattr(tracing, "_may_trace", lambda: may_trace)
    tracer = tracing.Tracer(tmp_path, {"PATH": "/usr/bin:/bin"})
    assert tracer.python("one", tracing.CONTROL, [], tmp_path).sockets == 1
    assert tracer.python("none", "pass", [], tmp_path).sockets == 0


@pytest.mark.parametrize(("may_trace", "sockets"), [(True, 1), (False, 0)])
def test_a_childs_socket_is_seen_by_strace_and_who_is_without_is_told(
    may_trace: bool, sockets: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python's audit hook is not inherited."""
    monkeypatch.setattr(tracing, "_may_trace", lambda: may_trace)
    tracer = tracing.Tracer(tmp_path, {"PATH": "/usr/bin:/bin"})
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {tracing.CONTROL!r}], check=True)"
    seen = tracer.python("a parent", parent, [], tmp_path)
    assert (seen.code, seen.sockets) == (0, sockets)
    assert ("no program that they start" in tracer.how) is not may_trace


def test_an_audit_that_sees_nothing_at_all_proves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its control must be seen."""
    monkeypatch.setattr(audit, "CONTROL", "pass")
    monkeypatch.setattr(audit, "_VERBS", {("status",): (0,)})
    found = audit.audited(tmp_path, {"PATH": "/usr/bin:/bin"})
    assert not found["passed"]
    assert "Nothing is proved" in audit.lines_of(found)[-1]


@pytest.mark.parametrize("code", [1, 3, -9])
@pytest.mark.parametrize("may_trace", [True, False])
def test_commands_that_did_not_run_prove_nothing(
    code: int, may_trace: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By either way: an import that fails ends with 1 before anything could be opened."""
    monkeypatch.setattr(tracing, "_may_trace", lambda: may_trace)
    monkeypatch.setattr(audit, "_hooks", lambda tracer, project: _recorded(project))
    monkeypatch.setattr(
        audit, "_AGENTSPEC", f"import os, sys; os.kill(os.getpid(), 9) if {code} < 0 else sys.exit({code})"
    )
    found = audit.audited(tmp_path, {"PATH": "/usr/bin:/bin"})
    assert (found["passed"], found["control"], found["recorded"], found["sockets"]) == (False, True, True, 0)
    assert found["failed"][:2] == ["agentspec insights", "agentspec status"]
    assert f"   0  agentspec insights: failed ({code})" in audit.lines_of(found)
    assert "Nothing is proved" in audit.lines_of(found)[-1]


def test_hooks_that_did_not_run_prove_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where one of them recorded something before."""
    monkeypatch.setattr(tracing, "_may_trace", lambda: False)
    monkeypatch.setattr(audit, "_VERBS", {})
    monkeypatch.setattr(audit, "_payloads", lambda *_: [{"hook_event_name": "Stop"}])
    monkeypatch.setattr(audit, "_RECORDER", "import sys; sys.exit(3)")
    found = audit.audited(tmp_path, {"PATH": "/usr/bin:/bin"})
    assert found["failed"] == [f"the Python of hook Stop, /{phase}" for phase in PHASES[1:]]
    assert not found["passed"]


def test_what_proves_nothing_is_no_success(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The exit code says so, too."""
    nothing = {"how": "x", "control": True, "recorded": True, "failed": ["a"], "processes": [], "sockets": 0}
    monkeypatch.setattr(audit, "audited", lambda *_: {**nothing, "passed": False})
    assert audit.run(Namespace(json=False), setting_of(str(tmp_path), {})) == 1


def _recorded(project: Path) -> list[tracing.Seen]:
    """What hooks leave that did their work."""
    events = project / ".claude" / "telemetry" / "events"
    events.mkdir(parents=True)
    (events / "2026-11.jsonl").write_text("")
    return []


def test_a_command_that_opens_a_socket_fails_the_audit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As requests does when it is imported."""
    monkeypatch.setattr(audit, "_AGENTSPEC", tracing.CONTROL)
    monkeypatch.setattr(audit, "_VERBS", {("status",): (0,)})
    found = audit.audited(tmp_path, {"PATH": "/usr/bin:/bin"})
    assert (found["passed"], found["sockets"]) == (False, 1)
    assert "That is a bug" in audit.lines_of(found)[-1]
