"""A throw-away computer for the real CLI: a home, a project, and canaries wherever a person has secrets.

Every journey runs on one. Afterwards nothing of the person is in the store, every line of it is a
valid event, and no process is left behind (`Machine.check`).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from telemetry.contract.records import TrackedFeature
from telemetry.features.history import load_features
from tests.canaries import traces_in
from tests.journey.api import Api, Reply, serving
from tests.plugin.loopback import ROOT, SECONDS, alone, cli

AGENTSPEC = ROOT / "tests/data/agentspec-standin"
TELEMETRY = ROOT
BOTH = (AGENTSPEC, TELEMETRY)
FEATURE = "CANARY_7QX_FEATURE"
OTHER = "CANARY_7QX_OTHER"
PATIENCE = 60.0  # a niced daemon under libfaketime on a machine whose cores others want, too
QUIET = "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC"  # with it, 2.1.330 hands a bare /design on as plain words
DESIGN = "/agentspec:workflow:design"  # a bare /design is 2.1.330's own: it has to do with another product

# Every secret of a journey holds one of these. The last stands in the names of agents and domains.
CANARIES = ("Canary7Qx", "canary7qx", "CANARY_7QX", "Canary_7Qx", "canary_7qx", "canary-7qx")


@dataclass(frozen=True)
class Played:
    """A session that is over."""

    code: int
    said: str
    errors: str
    asked: int
    seconds: float

    @property
    def answer(self) -> str:
        """What the person read at the end."""
        return str(json.loads(self.said)["result"])

    @property
    def session(self) -> str:
        """The session's id."""
        return str(json.loads(self.said)["session_id"])


class Machine:
    """A home, a project with git, and the ways into the CLI."""

    def __init__(self, place: Path) -> None:
        self.home = place / "home-canary7qx"
        self.project = place / "project Canary7Qx"
        self.sdd = self.project / ".claude/sdd"
        self.store = self.project / ".claude/telemetry"
        self.home.mkdir(parents=True)
        self.project.mkdir()
        (self.project / "CLAUDE.md").write_text("Canary7QxMemory\n")
        self._git("init", "--quiet", "--initial-branch", "canary7qx-branch")
        self._git("config", "user.name", "Canary7QxUser")
        self._git("config", "user.email", "canary7qx@example.org")
        self._git("remote", "add", "origin", "https://example.org/Canary7Qx/canary7qx.git")

    def document(self, kind: str, feature: str = FEATURE) -> Path:
        """Where a phase's document lies."""
        if kind == "SHIPPED":
            return self.sdd / "archive" / feature / "SHIPPED_2026-11-22.md"
        return self.sdd / ("reports" if kind == "BUILD_REPORT" else "features") / f"{kind}_{feature}.md"

    def path(self, kind: str, feature: str = FEATURE) -> str:
        """The same as a person types it."""
        return str(self.document(kind, feature).relative_to(self.project))

    # --- sessions

    def plays(
        self,
        prompt: str,
        *replies: Reply,
        arguments: Sequence[str] = (),
        plugins: Sequence[Path] = BOTH,
        subagents: Mapping[str, Sequence[Reply]] | None = None,
        environ: Mapping[str, str] | None = None,
        wrapper: Sequence[str] = (),
    ) -> Played:
        """One whole session: a prompt, the model's replies, the end. Waits for our hooks, too."""
        with serving(Api(replies, subagents, self.wait_for_hooks)) as api:
            began = time.monotonic()
            running = self.starts(api, prompt, arguments, plugins, environ, wrapper)
            said, errors = running.communicate(timeout=SECONDS)
            seconds = time.monotonic() - began
        self.wait_for_hooks()
        return Played(running.returncode, said, errors, api.asked, seconds)

    def starts(
        self,
        api: Api,
        prompt: str,
        arguments: Sequence[str] = (),
        plugins: Sequence[Path] = BOTH,
        environ: Mapping[str, str] | None = None,
        wrapper: Sequence[str] = (),
    ) -> subprocess.Popen[str]:
        """A session that is still running when this returns."""
        return subprocess.Popen(
            [*wrapper, *self.command(plugins), *arguments, "-p", prompt, "--output-format", "json"],
            cwd=self.project, env=self.environ(api, environ), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    @contextmanager
    def running(self, prompt: str, *replies: Reply, **more: Any) -> Iterator[tuple[subprocess.Popen[str], Api]]:
        """A running session and its API; the session is killed if the block leaves it alive."""
        with serving(Api(replies, before=self.wait_for_hooks)) as api, self.starts(api, prompt, **more) as process:
            try:
                yield process, api
            finally:
                process.kill()

    def installs(self, marketplace: Path, plugin: str) -> None:
        """Install a plugin as a person does."""
        with serving(Api(())) as api:
            for words in (("marketplace", "add", str(marketplace)), ("install", plugin)):
                subprocess.run(
                    [cli(), "plugin", *words], cwd=self.project, env=self.environ(api), stdin=subprocess.DEVNULL,
                    capture_output=True, check=True,
                )  # fmt: skip

    def command(self, plugins: Sequence[Path] = BOTH) -> list[str]:
        """The CLI with these plugins."""
        folders = [word for plugin in plugins for word in ("--plugin-dir", str(plugin))]
        return [cli(), *folders, "--dangerously-skip-permissions"]

    def environ(self, api: Api, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """The session's environment, with secrets of its own."""
        found = {**alone(self.home, api.url), "DISABLE_TELEMETRY": "1", "DISABLE_ERROR_REPORTING": "1"}
        del found[QUIET]
        own = {"CANARY7QX_TOKEN": "Canary7QxToken", "HOSTNAME": "canary7qx-host", "USER": "canary7qx"}
        return {**found, **own, **(more or {})}

    def agentspec(self, *arguments: str, **environ: str) -> str:
        """What the command `agentspec` prints in the project."""
        start = "import sys; sys.path.insert(0, sys.argv.pop(1)); from telemetry.cli.main import run; run()"
        return subprocess.run(
            [sys.executable, "-c", start, str(ROOT), *arguments], cwd=self.project,
            env={"HOME": str(self.home), "LANG": "C.UTF-8", **environ}, capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip

    # --- what is left of them

    def events(self) -> list[dict[str, Any]]:
        """Everything recorded, in the order of time."""
        lines = [line for file in sorted(self.store.glob("events/*")) for line in file.read_bytes().splitlines()]
        return sorted((json.loads(line) for line in lines if line), key=lambda event: str(event["at"]))

    def told(self) -> list[str]:
        """Everything recorded, in a few words each."""
        return [_WORDS.get(event["kind"], event["kind"].replace("_", " ")).format(**event) for event in self.events()]

    def features(self, later: timedelta = timedelta(0)) -> list[TrackedFeature]:
        """The features that the events fold to, now or some time later."""
        return load_features(self.store, datetime.now(timezone.utc) + later).features

    def feature(self, later: timedelta = timedelta(0)) -> TrackedFeature:
        """The only feature."""
        (only,) = self.features(later)
        return only

    def hooks(self) -> list[str]:
        """Our processes that run on this machine now."""
        return list(_processes_at(self.home))

    def wait_for_hooks(self) -> None:
        """Return when no hook of ours runs: a model thinks longer than a hook takes."""
        until = time.monotonic() + PATIENCE
        while self.hooks() and time.monotonic() < until:
            time.sleep(0.01)

    def wait_until(self, holds: Callable[[], bool]) -> None:
        """Return when something holds and our hooks have ended."""
        until = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < until, self.told()
            time.sleep(0.02)
        self.wait_for_hooks()

    def contents(self) -> dict[str, bytes]:
        """Every file of the store."""
        files = (file for file in self.store.rglob("*") if file.is_file())
        return {str(file.relative_to(self.store)): file.read_bytes() for file in files}

    def check(self) -> None:
        """What holds after every journey."""
        self.wait_for_hooks()
        left = self.hooks()
        assert not left, left
        if not self.store.exists():
            return
        noted = self.store / "debug.log"
        assert not noted.exists(), noted.read_text()
        set_aside = load_features(self.store, datetime.now(timezone.utc)).set_aside
        assert not set_aside, f"{set_aside} lines are no events"
        traces = traces_in(self.store, [*CANARIES, FEATURE, OTHER, str(self.project), *self.sessions()])
        assert not traces, traces

    def sessions(self) -> list[str]:
        """The ids of all sessions, as Claude Code names its own files."""
        return [file.stem for file in self.home.glob(".claude/projects/*/*.jsonl")]

    def _git(self, *arguments: str) -> None:
        subprocess.run(["git", *arguments], cwd=self.project, env={**os.environ, "HOME": str(self.home)}, check=True)


_WORDS = {
    "phase_started": "{phase} started: {origin}, judge {judge}",
    "document_saved": "{document} saved: {status}",
    "judge_ruled": "{phase} judged: {verdict}",
    "agent_ran": "agent {outcome}: {agent}",
    "knowledge_read": "knowledge read: {domain}",
    "turn_failed": "turn failed: {error}",
    "session_ended": "session ended: {reason}",
}


def _processes_at(home: Path) -> Iterator[str]:
    """Hook processes whose home is this one."""
    mark = f"HOME={home}\0".encode()
    for entry in Path("/proc").iterdir():
        try:
            if not entry.name.isdigit() or mark not in (entry / "environ").read_bytes():
                continue
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue  # it ended while we looked, or is not ours
        if any(part in command for part in ("hooks/run", "hooks/record.py", "hooks/start")):
            yield command
