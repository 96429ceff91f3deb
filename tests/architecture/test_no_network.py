"""Nothing in this version can open a socket: no module of ours imports one."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NETWORK = {"socket", "ssl", "http", "urllib", "requests", "asyncio", "ftplib", "smtplib", "xmlrpc", "socketserver"}


def imports_of(path: Path) -> set[str]:
    """The top-level modules a source file imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add((node.module or "").partition(".")[0])
    return found


def test_no_module_imports_what_can_open_a_socket() -> None:
    """In the package and in what hooks run."""
    modules = [*(ROOT / "telemetry").rglob("*.py"), *(ROOT / "hooks").glob("*.py")]
    assert len(modules) > 40
    assert {str(module.relative_to(ROOT)): imports_of(module) & NETWORK for module in modules} == {
        str(module.relative_to(ROOT)): set() for module in modules
    }


def test_answering_and_recording_make_no_network_call(tmp_path: Path) -> None:
    """strace sees no socket but the system's own name look-ups, of which there are none either."""
    project = tmp_path / "project"
    project.mkdir()
    payload = b'{"hook_event_name":"UserPromptExpansion","session_id":"s","prompt_id":"p","command_name":"define"}'
    environ = {"HOME": str(tmp_path), "CLAUDE_PROJECT_DIR": str(project), "PATH": "/usr/bin:/bin"}
    log = tmp_path / "calls"
    trace = ["strace", "-f", "-e", "trace=socket,connect,sendto", "-o", str(log)]
    subprocess.run(
        [*trace, sys.executable, "-I", "-S", str(ROOT / "hooks/record.py"), str(ROOT)],
        input=payload,
        env=environ,
        check=True,
    )
    recorded = log.read_text()
    command = [sys.executable, "-m", "telemetry.cli.main", "insights", "--project", str(project)]
    subprocess.run([*trace, *command], cwd=ROOT, env=environ, check=True, capture_output=True)
    assert list((project / ".claude/telemetry/events").iterdir())
    assert "exited with 0" in recorded and "exited with 0" in log.read_text()
    assert "AF_INET" not in recorded + log.read_text()
