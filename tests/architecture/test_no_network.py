"""One module of the client can open a socket, and next to nothing can reach it: read from the imports, and by strace.

The server's room is a server: its modules that listen, or that wait for requests, are named one by one as well. Nothing
of the client imports that room (import-linter).
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.imports import ROOT, graph, imports_of, is_in, reached_from, sources
from tests.sharing.homes import consenting
from tests.sharing.projects import ship

WIRE = "telemetry.sharing.wire"
NETWORK = (
    *("socket", "_socket", "ssl", "_ssl", "http", "urllib.request", "requests", "urllib3", "asyncio", "socketserver"),
    *("ftplib", "smtplib", "poplib", "imaplib", "nntplib", "telnetlib", "xmlrpc", "wsgiref", "webbrowser", "asyncore"),
    *("multiprocessing.connection", "multiprocessing.managers", "logging.handlers", "logging.config"),
    *("httpx", "aiohttp", "websockets", "pycurl", "paramiko", "grpc", "dns", "zmq"),
)
SERVER = {
    "telemetry.community.listening",  # the door
    "telemetry.community.coalescing",  # its answers, in one piece each
    "telemetry.community.patience",  # an end to every wait
    "telemetry.community.reading",  # a body, in its time
    "telemetry.community.intake",  # from requests to the queue, and back
    "telemetry.community.aside",  # calls that wait
    "telemetry.community.simulate",  # strangers, sent where the command line says
}
# Who may have what: exceptions by name, and an exception that nobody needs is an error, too.
KEPT_TO = {
    NETWORK: {WIRE, *SERVER},
    ("uvicorn", "uvloop", "httptools"): {"telemetry.community.listening"},
    ("watchdog",): {"telemetry.sharing.watching"},
    ("ruamel",): {"telemetry.consent.edit"},
    ("opendp",): {"telemetry.community.release.noise"},
    ("cryptography",): {"telemetry.contract.signature", "telemetry.community.release.signing"},
    ("ctypes", "_ctypes", "cffi", "pty"): set[str](),
}
WITHOUT_SHARING = (
    *("insights", "capture", "hook", "journal", "features", "consent", "contract"),
    *("install", "collector", "starter"),
)


@pytest.mark.parametrize("libraries", KEPT_TO, ids=lambda names: names[0])
def test_a_library_is_kept_to_its_place(libraries: tuple[str, ...]) -> None:
    """The network to one module, the watcher and the editor of YAML to one each."""
    modules = sources()
    assert len(modules) > 80
    using = {
        name
        for name, file in modules.items()
        if any(is_in(found, library) for found in imports_of(file) for library in libraries)
    }
    assert using == KEPT_TO[libraries]


def test_only_the_command_line_imports_by_a_name_it_makes_up() -> None:
    """What no reading of the source can follow."""
    odd = {name for name, file in sources().items() if "importlib" in imports_of(file) or "__import__" in _text(file)}
    assert odd == {"telemetry.cli.main", "telemetry.cli.telemetry", "telemetry.community.main"}


def test_few_modules_start_programs() -> None:
    """Any program may use the network; these start one each."""
    starting = {
        name
        for name, file in sources().items()
        if "subprocess" in imports_of(file)
        or any(word in _text(file) for word in ("execve", "posix_spawn", "os.system"))
    }
    assert starting == {
        "telemetry.consent.tracked",  # git
        "telemetry.sharing.process",  # ps
        "telemetry.cli.ground",  # git
        "telemetry.cli.sharing.tracing",  # strace
        "telemetry.starter",  # the daemon
    }


def test_only_the_command_line_reaches_the_room_that_shares() -> None:
    """And that room itself."""
    reaching = {name for name, found in graph().items() if any(is_in(one, "telemetry.sharing") for one in found)}
    assert [name for name in reaching if not name.startswith(("telemetry.sharing", "telemetry.cli."))] == []


@pytest.mark.parametrize("room", WITHOUT_SHARING)
def test_no_other_room_gets_there_by_any_way(room: str) -> None:
    """Not through three others either; nor what hooks run."""
    edges = graph()
    inside = [name for name in edges if is_in(name, f"telemetry.{room}")]
    assert inside
    for name in (*inside, *(name for name in edges if name.startswith("hooks."))):
        assert not [one for one in reached_from(name, edges) if is_in(one, "telemetry.sharing")], name


def test_the_way_out_is_imported_by_few() -> None:
    """Who sends, who takes back, who asks what all may read."""
    assert {name for name, found in graph().items() if WIRE in found} == {
        "telemetry.sharing.benchmarks",
        "telemetry.sharing.household",
        "telemetry.sharing.takeback",
    }


def test_the_daemon_at_rest_has_not_loaded_the_network() -> None:
    """Only something that leaves does."""
    code = (
        "import sys, telemetry.sharing.daemon, telemetry.sharing.purge, telemetry.cli.sharing.standing\n"
        "print([name for name in ('requests', 'urllib3', 'ssl', 'telemetry.sharing.wire') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True)
    assert done.stdout == "[]\n"


# --- as the system sees it


def calls(log: Path, *command: str, environ: dict[str, str], told: bytes = b"") -> str:
    """What a program and all that it starts ask of the network; it must end well."""
    trace = ["strace", "-f", "-e", "trace=socket,connect,sendto", "-o", str(log)]
    subprocess.run([*trace, *command], input=told, cwd=ROOT, env=environ, check=True, capture_output=True)
    seen = log.read_text()
    assert "exited with 0" in seen
    return seen


def test_answering_and_recording_make_no_network_call(tmp_path: Path) -> None:
    """strace sees no socket but the system's own name look-ups, of which there are none either."""
    project = tmp_path / "project"
    project.mkdir()
    payload = b'{"hook_event_name":"UserPromptExpansion","session_id":"s","prompt_id":"p","command_name":"define"}'
    environ = {"HOME": str(tmp_path), "CLAUDE_PROJECT_DIR": str(project), "PATH": "/usr/bin:/bin"}
    hook = (sys.executable, "-I", "-S", str(ROOT / "hooks/record.py"), str(ROOT))
    insights = (sys.executable, "-m", "telemetry.cli.main", "insights", "--project", str(project))
    recorded = calls(tmp_path / "hook", *hook, environ=environ, told=payload)
    answered = calls(tmp_path / "insights", *insights, environ=environ)
    assert list((project / ".claude/telemetry/events").iterdir())
    assert "AF_INET" not in recorded + answered


def test_what_rests_opens_no_socket(tmp_path: Path) -> None:
    """Sharing is on, a feature is sealed, its rest is not over: looking, and the daemon, stay off the network."""
    project = consenting(tmp_path, "https://reports.example.org")
    ship(project, "ORDERS")
    daemon = (
        "import datetime, os, sys; from telemetry.sharing import daemon\n"
        "now = lambda: datetime.datetime.now(datetime.timezone.utc)\n"
        "sys.exit(daemon.run(sys.argv[1], {}, now, daemon.Rhythm(0, 0, 0)) != 'idle')"
    )
    environ = dict(os.environ)
    seen = calls(tmp_path / "daemon", sys.executable, "-c", daemon, str(project), environ=environ)
    assert list(project.glob(".claude/telemetry/outbox/*.report"))
    for choice in ("--status", "--preview"):
        agentspec = (sys.executable, "-m", "telemetry.cli.main", "telemetry", choice, "--project", str(project))
        seen += calls(tmp_path / "look", *agentspec, environ=environ)
    assert "AF_INET" not in seen


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8")
