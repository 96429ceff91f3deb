"""`agentspec telemetry --audit`: play a whole journey with sharing off, and look whether anything opens a socket."""

from __future__ import annotations

import json
import os
import tempfile
from argparse import Namespace
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from telemetry.cli.sharing.setting import Setting, plural
from telemetry.cli.sharing.tracing import CONTROL, Seen, Tracer
from telemetry.contract.resources import shipped

_PHASES = ("define", "design", "build", "ship")
_AGENTSPEC = "import sys; sys.path.insert(0, sys.argv.pop(1)); from telemetry.cli.main import run; run()"
_RECORDER = "import runpy, sys; del sys.argv[0]; runpy.run_path(sys.argv[0])"
_PACKAGE = str(Path(__file__).resolve().parents[3])
# With which code each ends where it did its work. Hooks end with 0, whatever happens.
_VERBS: dict[tuple[str, ...], tuple[int, ...]] = {
    ("insights",): (0,),
    ("status",): (0,),
    ("doctor",): (0, 1),  # whatever it finds on this machine
    ("telemetry", "--status"): (0,),
    ("telemetry", "--preview"): (0,),
    ("telemetry", "--send-now"): (1,),  # sharing is off
    ("telemetry", "--export"): (0,),
    ("insights", "--community"): (1,),  # the same
    ("daemon",): (0,),
}


def run(args: Namespace, setting: Setting) -> int:
    """Play it in a scratch project, and say what was seen; exit code 1 where a socket was, or nothing could be seen."""
    with tempfile.TemporaryDirectory(prefix="agentspec-audit-") as folder:
        found = audited(Path(folder), setting.environ)
    print(json.dumps(found, indent=2) if args.json else "\n".join(lines_of(found)))
    return 0 if found["passed"] else 1


def audited(folder: Path, environ: Mapping[str, str]) -> dict[str, Any]:
    """What was done, what was seen, and by which way."""
    project, home = folder / "audit-project", folder / "audit-home"
    project.mkdir()
    home.mkdir()
    tracer = Tracer(folder, {**environ, "HOME": str(home), "CLAUDE_PROJECT_DIR": str(project)})
    control = tracer.python("a process that opens a socket", CONTROL, [], project)
    seen = [*_hooks(tracer, project), *_commands(tracer, project)]
    recorded = any((project / ".claude" / "telemetry").glob("events/*.jsonl"))
    failed = [one.what for one in seen if not _did_its_work(one)]
    sockets = sum(one.sockets for one in seen)
    return {
        "how": tracer.how,
        "control": control.sockets > 0,
        "recorded": recorded,
        "failed": failed,
        "processes": [one._asdict() for one in seen],
        "sockets": sockets,
        # What did not run, or recorded nothing, proves nothing.
        "passed": control.sockets > 0 and recorded and not failed and not sockets,
    }


def lines_of(found: dict[str, Any]) -> list[str]:
    """The audit as people read it."""
    lines = ["AUDIT: a whole journey in a scratch project, sharing off", f"Seen by {found['how']}.", ""]
    lines.append(f"{'yes' if found['control'] else 'NO':>4}  control: a process that opens a socket is seen")
    for one in found["processes"]:
        ended = f": failed ({one['code']})" if one["what"] in found["failed"] else ""
        lines.append(f"{one['sockets']:>4}  {one['what']}{ended}")
    lines.append("")
    if not found["control"]:
        return [*lines, "Nothing is proved: not even a socket that was opened on purpose was seen."]
    if found["sockets"]:
        return [
            *lines,
            f"{plural(found['sockets'], 'socket')} opened with sharing off. That is a bug: please report it.",
        ]
    if found["failed"]:
        return [*lines, f"Nothing is proved: {len(found['failed'])} of them failed. agentspec doctor may say why."]
    if not found["passed"]:
        return [*lines, "Nothing is proved: the hooks recorded nothing. agentspec doctor may say why."]
    return [
        *lines,
        f"None of {plural(len(found['processes']), 'process').replace('processs', 'processes')} opened a socket.",
    ]


def _hooks(tracer: Tracer, project: Path) -> Iterator[Seen]:
    """Every command of hooks.json that a feature's life would start, as Claude Code starts it."""
    (project / ".claude" / "sdd").mkdir(parents=True)
    if not tracer.sees_shells:
        yield from _recorders(tracer, project)
        return
    hooks = json.loads(shipped("hooks", "hooks.json").read_text(encoding="utf-8"))["hooks"]
    for number, phase in enumerate(_PHASES):
        for payload in _payloads(phase, number, project):
            event = payload["hook_event_name"]
            commands = [
                handler["command"]
                for group in hooks.get(event, ())
                if payload.get("tool_name") in (None, group.get("matcher"))
                for handler in group["hooks"]
            ]
            for command in dict.fromkeys(commands):
                rooted = command.replace("${CLAUDE_PLUGIN_ROOT}", str(shipped()).rstrip(os.sep))
                yield tracer.shell(f"hook {event}, /{phase}", rooted, json.dumps(payload).encode(), project)


def _recorders(tracer: Tracer, project: Path) -> Iterator[Seen]:
    """What those commands start, where the shell around it cannot be looked at: the Python that records."""
    for number, phase in enumerate(_PHASES):
        for payload in _payloads(phase, number, project):
            place = [str(shipped("hooks", "record.py")), _PACKAGE]
            what = f"the Python of hook {payload['hook_event_name']}, /{phase}"
            yield tracer.python(what, _RECORDER, place, project, json.dumps(payload).encode())


def _payloads(phase: str, number: int, project: Path) -> list[dict[str, Any]]:
    """What Claude Code would say of one phase."""
    own = {"session_id": "audit", "prompt_id": f"audit-{number}", "cwd": str(project)}
    document = project / ".claude" / "sdd" / "features" / f"{phase.upper()}_AUDIT.md"
    return [
        {**own, "hook_event_name": "SessionStart", "source": "startup"},
        {
            **own,
            "hook_event_name": "UserPromptExpansion",
            "command_name": f"agentspec:workflow:{phase}",
            "command_args": "AUDIT",
            "command_source": "plugin",
        },
        {
            **own,
            "hook_event_name": "PostToolUse",
            "tool_name": "Write",
            "tool_use_id": f"audit-{number}",
            "tool_input": {"file_path": str(document), "content": "# AUDIT\n\n**Status:** Ready\n"},
        },
        _tool(own, "Skill", number, {"skill": f"agentspec:workflow:{phase}"}),
        _tool(
            own, "Edit", number, {"file_path": str(document), "old_string": "Ready", "new_string": "Ready for Build"}
        ),
        _tool(own, "Read", number, {"file_path": str(project / ".claude" / "kb" / "dbt" / "index.md")}),
        _tool(own, "Bash", number, {"command": f"python3 judge.py {document} --phase {phase}"}),
        {**own, "hook_event_name": "SubagentStop", "agent_id": "audit", "agent_type": "dbt-specialist"},
        {**own, "hook_event_name": "Stop"},
        {**own, "hook_event_name": "SessionEnd", "reason": "other"},
    ]


def _tool(own: dict[str, Any], name: str, number: int, asked: dict[str, str]) -> dict[str, Any]:
    used = {"tool_name": name, "tool_use_id": f"audit-{name}-{number}", "tool_input": asked, "tool_response": {}}
    return {**own, "hook_event_name": "PostToolUse", **used}


def _commands(tracer: Tracer, project: Path) -> Iterator[Seen]:
    for verb in _VERBS:
        yield tracer.python(_named(verb), _AGENTSPEC, [_PACKAGE, *verb], project)


def _did_its_work(one: Seen) -> bool:
    """Whether it ended as it does where nothing is in its way."""
    return one.code in {_named(verb): codes for verb, codes in _VERBS.items()}.get(one.what, (0,))


def _named(verb: tuple[str, ...]) -> str:
    return f"agentspec {' '.join(verb)}"
