"""NEVER_CAPTURE.yaml is a check: each of its entries is carried through the hook here, and leaves no trace."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from telemetry.hook import record
from tests.canaries import traces_in

ROOT = Path(__file__).resolve().parents[2]
NEVER = yaml.safe_load((ROOT / "NEVER_CAPTURE.yaml").read_text(encoding="utf-8"))
ENTRIES = {entry["id"]: entry for entry in NEVER["entries"]}

# The seed's own list, in its order.
SEED = [
    "source_code",
    "file_contents",
    "function_names",
    "variable_names",
    "comments",
    "file_paths",
    "file_names",
    "project_name",
    "git_repo",
    "branch_names",
    "user_name",
    "email",
    "ip_address",
    "machine_id",
    "api_keys",
    "prompt_content",
    "llm_responses",
    "judge_feedback",
    "kb_content",
    "brainstorm_notes",
]

CANARY = "Quokka7Zeta"
Payload = dict[str, Any]


def start(arguments: str = "ORDERS", **more: Any) -> Payload:
    """A typed /define."""
    return {
        "hook_event_name": "UserPromptExpansion",
        "command_name": "agentspec:workflow:define",
        "command_args": arguments,
        **more,
    }


def write(path: str, text: str, **more: Any) -> Payload:
    """A document written by the model."""
    answer = {"type": "create", "filePath": path, "content": text, "originalFile": None}
    asked = {"file_path": path, "content": text}
    return {
        "hook_event_name": "PostToolUse",
        "tool_name": "Write",
        "tool_input": asked,
        "tool_response": answer,
        "tool_use_id": "toolu_1",
        **more,
    }


def bash(command: str, output: str) -> Payload:
    """A Bash call and what it printed."""
    return {
        "hook_event_name": "PostToolUse",
        "tool_name": "Bash",
        "tool_input": {"command": command},
        "tool_response": {"stdout": output},
        "tool_use_id": "toolu_2",
    }


def read(path: str, text: str = "") -> Payload:
    """A file read by the model."""
    return {
        "hook_event_name": "PostToolUse",
        "tool_name": "Read",
        "tool_input": {"file_path": path},
        "tool_response": {"file": {"filePath": path, "content": text}},
        "tool_use_id": "toolu_3",
    }


def design(*cells: str) -> str:
    """A DESIGN document with one planned file."""
    return "| # | File | Action | Purpose | Agent |\n|---|---|---|---|---|\n| " + " | ".join(("1", *cells)) + " |\n"


FEATURES = "/home/dev/shop/.claude/sdd/features/"
STOP = {"hook_event_name": "Stop", "last_assistant_message": "Done."}

# What carries each kind of thing into the hook: every payload leads to at least one event.
JOURNEYS: dict[str, list[Payload]] = {
    "source_code": [
        write(FEATURES + "DESIGN_ORDERS.md", f"```python\n{CANARY} = 1\n```\n" + design("a.py", "x", "y", "z"))
    ],
    "file_contents": [write(FEATURES + "DEFINE_ORDERS.md", f"{CANARY}\n| **Status** | {CANARY} |\n")],
    "function_names": [write(FEATURES + "DESIGN_ORDERS.md", design("a.py", "Create", f"def {CANARY}()", "@x"))],
    "variable_names": [write(FEATURES + "DEFINE_ORDERS.md", f"| KB Domains | {CANARY} |\n| IaC Impact | {CANARY} |\n")],
    "comments": [
        write(FEATURES + "DESIGN_ORDERS.md", f"<!-- {CANARY} -->\n" + design("a.py", "Create", f"# {CANARY}", "@x"))
    ],
    "file_paths": [
        write(
            f"/home/{CANARY}/shop/.claude/sdd/features/DESIGN_ORDERS.md", design(f"src/{CANARY}/a.py", "x", "y", "@x")
        )
    ],
    "file_names": [write(FEATURES + "DESIGN_ORDERS.md", design(f"{CANARY}.{CANARY}", "Create", "x", "@x"))],
    "project_name": [start(CANARY.upper()), write(FEATURES + f"DEFINE_{CANARY.upper()}.md", "x"), STOP],
    "git_repo": [start(f"https://github.com/{CANARY}/x.git"), STOP],
    "branch_names": [start(f"ORDERS on {CANARY}"), bash("python3 judge.py x.md", f"On branch {CANARY}")],
    "user_name": [write(FEATURES + "DEFINE_ORDERS.md", f"| **Author** | {CANARY} |\n| **Status** | Draft |\n")],
    "email": [
        write(
            FEATURES + "DEFINE_ORDERS.md",
            f"| **Author** | {CANARY}@example.org |\n| Status | by {CANARY}@example.org |\n",
        )
    ],
    "ip_address": [start("deploy to 203.0.113.77"), bash("python3 judge.py x.md", "203.0.113.77")],
    "machine_id": [
        start(session_id=CANARY, prompt_id=CANARY, transcript_path=f"/x/{CANARY}"),
        {**STOP, "session_id": CANARY},
    ],
    "api_keys": [start(f"with sk-{CANARY}"), bash("python3 judge.py x.md", f"OPENROUTER_API_KEY=sk-{CANARY}")],
    "prompt_content": [start(f'"{CANARY} please"', prompt=f"/define {CANARY}"), STOP],
    "llm_responses": [
        start(),
        {**STOP, "last_assistant_message": CANARY},
        {"hook_event_name": "SubagentStop", "agent_id": "a1", "agent_type": CANARY, "last_assistant_message": CANARY},
    ],
    "judge_feedback": [
        bash(
            f"python3 scripts/judge.py DEFINE_ORDERS.md --context {CANARY}",
            f'{{"verdict": "FAIL", "confidence": 0.9, "summary": "{CANARY}", "concerns": ["{CANARY}"]}}',
        )
    ],
    "kb_content": [start(), read(f"/x/.claude/kb/{CANARY}/patterns/{CANARY}.md", CANARY)],
    "brainstorm_notes": [write(FEATURES + "BRAINSTORM_ORDERS.md", f"# {CANARY}\n\n| **Status** | {CANARY} |\n")],
}


def test_the_list_is_the_seeds_list() -> None:
    """All twenty entries of the design, in its order, each with a journey here."""
    assert list(ENTRIES) == SEED
    assert set(JOURNEYS) == set(SEED)


@pytest.mark.parametrize("entry", SEED)
def test_nothing_of_the_kind_reaches_the_store(entry: str, tmp_path: Path) -> None:
    """The thing passes through the hook; events are written, and no byte of the store is a trace of it."""
    environ = {"CLAUDE_PROJECT_DIR": str(tmp_path), "HOME": f"/home/{CANARY}", "CLAUDE_CONFIG_DIR": f"/{CANARY}"}
    for number, payload in enumerate(JOURNEYS[entry]):
        record({"session_id": "s1", "prompt_id": f"p{number}", "cwd": str(tmp_path), **payload}, environ)
    store = tmp_path / ".claude" / "telemetry"
    written = b"".join(file.read_bytes() for file in (store / "events").iterdir())
    assert written.count(b'"kind"') >= len(JOURNEYS[entry])
    assert traces_in(store, [CANARY, CANARY.upper(), CANARY.lower(), "203.0.113.77"]) == []
    assert not (store / "debug.log").exists()


@pytest.mark.parametrize("entry", SEED)
def test_the_patterns_of_an_entry_match_nothing_that_is_written(entry: str, tmp_path: Path) -> None:
    """Neither the events of all journeys together, nor any word the schemas allow, matches a pattern."""
    for journey in JOURNEYS.values():
        for payload in journey:
            record({"session_id": "s1", "prompt_id": "p1", **payload}, {"CLAUDE_PROJECT_DIR": str(tmp_path)})
    events = [file.read_text(encoding="ascii") for file in (tmp_path / ".claude/telemetry/events").iterdir()]
    words = [word for schema in ("event", "feature", "report") for word in words_of(schema)]
    for pattern in ENTRIES[entry].get("patterns", []):
        assert not [text for text in events + words if re.search(pattern, text)]


def words_of(schema: str) -> list[str]:
    """Every word of every enum of a schema."""
    found: list[str] = []

    def walk(part: Any) -> None:
        if isinstance(part, dict):
            found.extend(word for word in part.get("enum", []) if isinstance(word, str))
            for inner in part.values():
                walk(inner)
        elif isinstance(part, list):
            for inner in part:
                walk(inner)

    walk(yaml.safe_load((ROOT / "schemas" / f"{schema}.yaml").read_text(encoding="utf-8")))
    return found


def test_every_entry_says_what_it_means_how_it_is_enforced_and_by_which_test() -> None:
    """And every named test exists."""
    named = list(NEVER["enforced_for_all_by"])
    for entry in ENTRIES.values():
        assert (
            entry["means"] and entry["enforced"] and entry["category"] in ("code", "identifiers", "personal", "content")
        )
        assert f"[{entry['id']}]" in entry["tests"][0]
        named += entry["tests"]
    for name in named:
        path, _, function = name.partition("::")
        module = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        functions = {node.name for node in module.body if isinstance(node, ast.FunctionDef)}
        assert not function or function.partition("[")[0] in functions, name
