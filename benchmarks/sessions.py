"""What a whole session of the real Claude Code costs with and without the plugin, offline against a scripted API."""

from __future__ import annotations

import os
import shlex
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.measure import Command, interleaved, table, verdict
from tests.hooks.sharing import note_program, say_yes
from tests.journey.api import Api, Reply, bash, read, says, serving, uses, write
from tests.people import person
from tests.plugin.loopback import alone, cli

ROOT = Path(__file__).resolve().parent.parent
STANDIN = ROOT / "tests" / "data" / "agentspec-standin"
ROUNDS = 7
STARTS = 31
PATIENCE = 15
Script = Callable[[Path], list[Reply]]
PHASES = ("define", "design", "build", "ship")


def report(scratch: Path) -> str:
    """The section on sessions."""
    rows = []
    for name, limit, sessions in (
        ("60 ordinary tool calls", 1.05, [("carry on", _ordinary)]),
        (
            "a feature from /define to /ship, four sessions",
            1.10,
            [(f"/agentspec:workflow:{phase} ORDERS", _PHASES[phase]) for phase in PHASES],
        ),
    ):
        without, with_it = _measured(scratch / name.split()[1], sessions)
        rows.append([name, f"{without:.2f}", f"{with_it:.2f}", verdict(with_it / without, limit)])
    return (
        "## A whole session\n\nThe real Claude Code CLI with a stand-in for AgentSpec's commands, `-p`, against a "
        f"scripted API on loopback that answers at\nonce, so that the plugin is all there is to wait for; medians of "
        f"{ROUNDS} interleaved rounds.\n\n" + table(["session", "without s", "with s", "ratio"], rows)
    )


def _measured(scratch: Path, sessions: Sequence[tuple[str, Script]]) -> tuple[float, float]:
    """Seconds of all sessions together, without and with the plugin."""
    totals = {"without": 0.0, "with": 0.0}
    for prompt, script in sessions:
        projects = {name: _project(scratch / name) for name in totals}
        commands = {}
        apis = {name: _Replaying(script, project) for name, project in projects.items()}
        for name, project in projects.items():
            plugins = [STANDIN, *([ROOT] if name == "with" else [])]
            commands[name] = _claude(project, apis[name].url, prompt, plugins)
        with serving(apis["without"]), serving(apis["with"]):
            timings = interleaved(commands, ROUNDS)
        for name in totals:
            totals[name] += timings[name].median
    if len(sessions) > 1 and not list((scratch / "with" / "project" / ".claude" / "telemetry").glob("events/*")):
        raise SystemExit("the sessions with the plugin recorded nothing: this measured something else")
    return totals["without"], totals["with"]


def report_on_sharing(scratch: Path) -> str:
    """The section on what sharing adds to the start of a session."""
    off, on = _measured_start(scratch)
    return (
        "## A session's start with sharing on\n\nThe shortest session there is, `-p` and one answer, with the plugin: "
        "sharing off, then on. On starts the\ndaemon in the background some seconds later (a stand-in here, so that no "
        f"session measures another's daemon); medians of {STARTS}\ninterleaved rounds.\n\n"
        + table(
            ["session", "off s", "on s", "ratio"],
            [["start to end", f"{off:.3f}", f"{on:.3f}", verdict(on / off, 1.02)]],
        )
    )


def _measured_start(scratch: Path) -> tuple[float, float]:
    """Seconds of a session that only says hello, with sharing off and on."""
    someone = person(scratch)
    started = scratch / "started"
    note_program(someone, scratch / "stand-in", f"echo >>{shlex.quote(str(started))}")
    projects = {name: _project(scratch / name) for name in ("off", "on")}
    say_yes(projects["on"])
    commands = {}
    with serving(_Replaying(lambda project: [says()], scratch)) as api:
        for name, project in projects.items():
            command = _claude(project, api.url, "hello", [ROOT])
            home = {**(command.environ or {}), "HOME": str(project.parent / "home")}
            commands[name] = replace(command, environ={**someone.environ, **home})
        timings = interleaved(commands, STARTS)
    until = time.monotonic() + PATIENCE
    while not started.exists() or len(started.read_text().split("\n")) <= STARTS + 1:
        if time.monotonic() > until:
            raise SystemExit("sharing was on and its daemon did not start: this measured something else")
        time.sleep(0.1)
    return timings["off"].median, timings["on"].median


def _project(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "home").mkdir(parents=True)
    project = folder / "project"
    (project / ".claude" / "sdd").mkdir(parents=True)
    for number in range(30):
        (project / f"read{number}.txt").write_text("text\n", encoding="utf-8")
    return project


def _claude(project: Path, url: str, prompt: str, plugins: list[Path]) -> Command:
    environ = alone(project.parent / "home", url)
    del environ["CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC"]  # with it, sharing is off whatever a person said
    loaded = [word for plugin in plugins for word in ("--plugin-dir", str(plugin))]
    return Command([cli(), *loaded, "-p", prompt, "--dangerously-skip-permissions"], environ=environ, cwd=project)


class _Replaying(Api):
    """The scripted API, which begins its script anew with every session."""

    def __init__(self, script: Script, project: Path) -> None:
        super().__init__([])
        self._script, self._project = script, project

    def reply_to(self, request: dict[str, object]) -> Reply:
        messages = request.get("messages")
        turns = sum(message.get("role") == "assistant" for message in messages) if isinstance(messages, list) else 0
        offered = {tool.get("name") for tool in request.get("tools") or []}  # type: ignore[attr-defined]
        if not offered & {"Agent", "Task"}:
            return says()
        replies: list[Reply] = self._script(self._project)
        return replies[turns] if turns < len(replies) else says()


def _ordinary(project: Path) -> list[Reply]:
    reads = [uses(read(project / f"read{number}.txt")) for number in range(30)]
    writes = [uses(write(project / f"out{number}-{os.urandom(4).hex()}.txt", "text\n")) for number in range(15)]
    runs = [uses(bash("ls")) for _ in range(15)]
    return [reply for group in zip(reads[::2], reads[1::2], writes, runs, strict=True) for reply in group]


def _define(project: Path) -> list[Reply]:
    return [uses(write(_fresh(project, "features/DEFINE_ORDERS.md"), _DEFINE))]


def _design(project: Path) -> list[Reply]:
    return [
        uses(read(STANDIN / "kb" / "dbt" / "index.md")),
        uses(write(_fresh(project, "features/DESIGN_ORDERS.md"), _DESIGN)),
        uses(bash(f"python3 {STANDIN}/scripts/judge.py .claude/sdd/features/DESIGN_ORDERS.md --phase design --json")),
    ]


def _build(project: Path) -> list[Reply]:
    return [
        *(uses(write(project / f"code{number}-{os.urandom(4).hex()}.py", "x = 1\n")) for number in range(6)),
        uses(write(_fresh(project, "reports/BUILD_REPORT_ORDERS.md"), _REPORT)),
    ]


def _ship(project: Path) -> list[Reply]:
    return [uses(write(_fresh(project, "archive/ORDERS/SHIPPED_2026-11-22.md"), "# SHIPPED\n"))]


def _fresh(project: Path, name: str) -> Path:
    """A document that is not there yet: Claude Code refuses to overwrite a file it has not read."""
    path = project / ".claude" / "sdd" / name
    path.unlink(missing_ok=True)
    return path


_PHASES = {"define": _define, "design": _design, "build": _build, "ship": _ship}
_DEFINE = (
    "| Attribute | Value |\n|---|---|\n| **Status** | Ready for Design |\n| **Clarity Score** | 13/15 |\n\n"
    "| Aspect | Value |\n|---|---|\n| **KB Domains** | dbt |\n| **IaC Impact** | None |\n"
)
_DESIGN = (
    "| Attribute | Value |\n|---|---|\n| **Status** | Ready for Build |\n\n## File Manifest\n\n"
    "| # | File | Action | Purpose | Agent | Dependencies |\n|---|---|---|---|---|---|\n"
    "| 1 | `a.py` | Create | x | @python-developer | None |\n"
    "| 2 | `tests/test_a.py` | Create | x | @test-generator | 1 |\n"
)
_REPORT = (
    "| Attribute | Value |\n|---|---|\n| **Status** | ✅ Complete |\n\n## Files Created\n\n"
    "| File | Lines | Agent | Verified |\n|---|---|---|---|\n| `a.py` | 90 | @python-developer | ✅ |\n"
)
