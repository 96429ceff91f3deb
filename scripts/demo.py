#!/usr/bin/env python3
"""A month of practice in half a minute: recorded hook payloads through the very commands of hooks.json.

No key, no network, nothing of yours touched: it happens in a throw-away project with a throw-away
home. One feature was recorded in the real Claude Code with the real AgentSpec; the others are the
same payloads under other names, agents, verdicts and days. Only the hooks' clock is moved. Then comes what a community
would answer (demo_community.py).

    make demo
"""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RECORDING = ROOT / "tests" / "data" / "payloads" / "orders-pipeline.jsonl"
PHASES = ("brainstorm", "define", "design", "build", "ship")
Payload = dict[str, Any]


@dataclass(frozen=True)
class Story:
    """One feature of the month: when it began, how far it went, who worked on it."""

    name: str
    days_ago: int
    phases: tuple[str, ...] = PHASES
    agents: tuple[str, str, str] = ("pipeline-architect", "dbt-specialist", "test-generator")
    judged: tuple[str, ...] = ("build",)  # phases whose documents a judge saw; here never before the build
    unverified: int = 0  # how many built files are marked as not verified


MONTH = (
    Story("ORDERS_PIPELINE", 29),
    Story("CUSTOMER_CHURN", 28, agents=("python-developer", "dbt-specialist", "test-generator"), unverified=1),
    Story("EVENT_STREAM", 26, PHASES[1:], ("streaming-engineer", "sql-optimizer", "test-generator"), judged=()),
    Story("SEARCH_API", 25, agents=("python-developer", "schema-designer", "test-generator")),
    Story("BILLING_EXPORT", 24, PHASES[1:4], ("python-developer", "sql-optimizer", "data-quality-analyst"), (), 2),
    Story("AUDIT_LOG", 22, PHASES[1:], ("python-developer", "schema-designer", "test-generator")),
    Story("FEATURE_STORE", 20, PHASES[:2], judged=()),
    Story("DOC_ASSISTANT", 17, agents=("llm-specialist", "schema-designer", "test-generator"), unverified=1),
    Story("STOCK_LEVELS", 15, PHASES[1:3], ("lakehouse-architect", "dbt-specialist", "test-generator"), judged=()),
    Story("TAX_RULES", 16, PHASES[1:], ("python-developer", "sql-optimizer", "test-generator")),
    Story("RETURNS_FLOW", 8, agents=("python-developer", "dbt-specialist", "test-generator")),
    Story("PRICE_ALERTS", 5, PHASES[1:], ("streaming-engineer", "schema-designer", "test-generator"), judged=()),
    Story("LOYALTY_POINTS", 2, PHASES[1:4]),
)


def recorded() -> list[Payload]:
    """The payloads of the recorded feature, in their order."""
    return [json.loads(line) for line in RECORDING.read_text(encoding="utf-8").splitlines()]


def told(story: Story, payloads: list[Payload]) -> Iterator[Payload]:
    """The recorded payloads as this story's feature would have sent them."""
    phase, number = "", 0
    for number, payload in enumerate(payloads):
        if payload["hook_event_name"] == "UserPromptExpansion":
            phase = payload["command_name"].rpartition(":")[2]
        if phase not in story.phases:
            continue
        text = json.dumps(payload, ensure_ascii=False)
        if phase not in story.judged and "judge.py" in text:
            continue
        yield json.loads(_renamed(story, text, number))


def _renamed(story: Story, text: str, number: int) -> str:
    text = text.replace("ORDERS_PIPELINE", story.name)
    for was, now in zip(("pipeline-architect", "dbt-specialist", "test-generator"), story.agents, strict=True):
        text = text.replace(was, now)
    text = re.sub(r'"(session_id|prompt_id|agent_id|tool_use_id)": "([^"]+)"', rf'"\1": "\2-{story.name}"', text)
    return text.replace("| ✅ | - |", "| ❌ | - |", story.unverified) if "Files Created" in text else text


def commands_for(payload: Payload, hooks: dict[str, Any]) -> list[str]:
    """The commands Claude Code would run for a payload: event, matcher and `if`."""
    subject = payload.get("command_name") or payload.get("tool_name") or payload.get("agent_type") or ""
    found = []
    for group in hooks.get(payload["hook_event_name"], []):
        matcher = group.get("matcher", "")
        if matcher and not re.fullmatch(matcher, subject) and not re.search(f"^(?:{matcher})$", subject):
            continue
        found += [hook["command"] for hook in group["hooks"] if _allows(hook.get("if", ""), payload)]
    return found


def _allows(rule: str, payload: Payload) -> bool:
    """Whether a handler's `if` holds: `Tool(pattern)` over the path or the command."""
    if not rule:
        return True
    pattern = rule[rule.index("(") + 1 : -1].removeprefix("//").replace("**", "*")
    asked = payload.get("tool_input", {})
    return fnmatch(str(asked.get("file_path") or asked.get("command", "")), pattern)


def play(project: Path, home: Path) -> None:
    """Send every story's payloads through the hooks, each at its own moment."""
    hooks = json.loads((ROOT / "hooks" / "hooks.json").read_text(encoding="utf-8"))["hooks"]
    clock = random.Random(11)
    payloads = recorded()
    (project / ".claude" / "sdd").mkdir(parents=True)  # AgentSpec makes it at session start
    for story in MONTH:
        print(f"  {story.name.lower().replace('_', ' '):<16} {' → '.join(story.phases)}", flush=True)
        moment = datetime.now(timezone.utc) - timedelta(days=story.days_ago, hours=6)
        for payload in told(story, payloads):
            if payload["hook_event_name"] == "UserPromptExpansion":
                moment += timedelta(minutes=clock.uniform(8, 50))
            moment += timedelta(minutes=clock.uniform(0.5, 9))
            for command in commands_for(payload, hooks):
                if "G=share;" in command:
                    continue  # no daemon beside each session: the second half runs one, with the demo's clock
                _run(command, payload, project, home, moment)


def _run(command: str, payload: Payload, project: Path, home: Path, moment: datetime) -> None:
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "CLAUDE_PLUGIN_ROOT": str(ROOT),
        "CLAUDE_PROJECT_DIR": str(project),
        "AGENTSPEC_TELEMETRY_NOW": moment.strftime("%Y-%m-%dT%H:%M:%S.%f")[:23] + "Z",
    }
    ran = subprocess.run(
        ["/bin/sh", "-c", command], input=json.dumps(payload).encode(), env=environ, capture_output=True, check=False
    )
    if ran.returncode or ran.stdout or ran.stderr:
        raise SystemExit(f"a hook was not silent: exit {ran.returncode}\n{ran.stdout!r}\n{ran.stderr!r}")


def main() -> int:
    """Play the month and show the insights, then the community's."""
    with tempfile.TemporaryDirectory(prefix="agentspec-demo-") as folder:
        project, home = Path(folder) / "project", Path(folder) / "home"
        project.mkdir()
        home.mkdir()
        community = [sys.executable, str(ROOT / "scripts" / "demo_community.py")]
        environ = {**os.environ, "HOME": str(home), "PYTHONPATH": str(ROOT)}
        subprocess.run([*community, folder, "yes"], env=environ, check=True)  # only what begins after a yes is shared
        print("A month of features, through the hooks of hooks.json, in a throw-away project:\n")
        play(project, home)
        events = sum(file.read_bytes().count(b'"kind"') for file in (project / ".claude/telemetry/events").iterdir())
        print(f"\n{events} events in .claude/telemetry/events/. This is what `agentspec insights` says of them:\n")
        command = [sys.executable, "-m", "telemetry.cli.main", "insights", "--project", str(project), *sys.argv[1:]]
        if code := subprocess.run(command, env=environ, check=False).returncode:
            return code
        print("\nAnd what a community would answer, if this person shared:\n", flush=True)
        return subprocess.run([*community, folder], env=environ, check=False).returncode


if __name__ == "__main__":
    raise SystemExit(main())
