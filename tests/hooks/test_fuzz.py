"""Mutated payloads: never an exception, never a sound, only valid events, and no trace of a canary.

Seeds are a recorded feature and one payload of every other kind. A mutation changes, drops, swaps or
nests fields at any depth; a canary stands in every text of the seeds and in what is put in.
"""

from __future__ import annotations

import copy
import json
import os
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from telemetry.features.history import load_features
from telemetry.hook import decode, record
from tests.canaries import traces_in
from tests.capture.payloads import BASE, bash, bash_failed, edit, read, recorded, seen, skill, typed, write
from tests.capture.test_documents import DEFINE, DESIGN, REPORT
from tests.hooks.running import COMMANDS, PATH, play, run
from tests.hooks.test_commands import LATER
from tests.journal.stores import events_of, journal_of, notes_of, store_of

CANARY = "Canary9Fuzz"
CANARIES = (CANARY, CANARY.upper(), CANARY.lower())
Payload = dict[str, Any]

SEEDS: list[Payload] = [
    *(payload for payload in recorded("orders-pipeline.jsonl") if seen(payload)),
    *(
        {**BASE, **payload}
        for payload in (
            typed("define", f"{CANARY} --judge=strict:{CANARY}"),
            typed("build", f".claude/sdd/features/DESIGN_{CANARY.upper()}.md"),
            skill("agentspec:sdd-build", CANARY),
            write(f"features/DEFINE_{CANARY.upper()}.md", DEFINE + CANARY),
            write(f"reports/BUILD_REPORT_{CANARY.upper()}.md", REPORT.replace("orders", CANARY)),
            edit("features/DESIGN_ORDERS.md", DESIGN.replace("DAG", CANARY), "@pipeline-architect", f"@{CANARY}"),
            bash(f"python3 judge.py DEFINE_{CANARY.upper()}.md", f'{{"verdict": "PASS", "summary": "{CANARY}"}}'),
            bash_failed("spec-judge DEFINE_ORDERS.md --tier smoke", 1, f'{{"level": "FAIL", "x": "{CANARY}"}}'),
            read(f"/x/.claude/kb/{CANARY}/patterns/{CANARY}.md"),
            {"hook_event_name": "SubagentStop", "agent_id": CANARY, "agent_type": CANARY},
            {"hook_event_name": "StopFailure", "error": CANARY, "error_details": CANARY},
            {"hook_event_name": "StopFailure", "error": "unknown", "agent_id": "a", "agent_type": "x:code-reviewer"},
            {"hook_event_name": "Stop", "last_assistant_message": CANARY},
            {"hook_event_name": "SessionEnd", "reason": CANARY},
        )
    ),
]
JUNK: list[Any] = [
    *(None, True, False, 0, -1, 1e308, float("nan"), 10**30, [], {}, [CANARY], {CANARY: CANARY}),
    *("", CANARY, f"{CANARY}\n{CANARY}", "\0", "\ud800" + CANARY, CANARY * 500, "..", "/", "|" * 999, "-", "{", "`"),
    *("Ready for Build", "PASS", "define", "Write", "Bash", "Stop", "✅"),
]


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every (container, key) in a payload."""
    keys: Any = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from places(value[key])


def mutated(chance: random.Random) -> Payload:
    """A seed with one to four mutations."""
    payload = copy.deepcopy(chance.choice(SEEDS))
    for _ in range(chance.randint(1, 4)):
        container, key = chance.choice(list(places(payload)) or [(payload, "x")])
        how = chance.randrange(7)
        if how == 0:
            container[key] = copy.deepcopy(chance.choice(JUNK))
        elif how == 1 and isinstance(container, dict):
            container.pop(key, None)
        elif how == 2:
            container[key] = [container.get(key)] if isinstance(container, dict) else [container[key]]
        elif how == 3 and isinstance(container, dict):
            container[chance.choice([CANARY, "agent_id", "tool_name", "hook_event_name"])] = container.get(key)
        elif how == 4 and isinstance(container, dict):
            container[key] = copy.deepcopy(chance.choice(SEEDS)).get(key)
        elif isinstance(container, dict) and isinstance(container.get(key), str):
            container[key] = torn(container[key], chance)
    return payload


def torn(text: str, chance: random.Random) -> str:
    """A text with something in it, or a part of it gone or twice."""
    start, end = sorted((chance.randint(0, len(text)), chance.randint(0, len(text))))
    between = chance.choice([CANARY, "", text[start:end] * 2, "\n|", "|", "```\n", "\\", "\u2028", "/", '"'])
    return text[:start] + between + text[chance.choice([start, end]) :]


def test_20000_mutated_payloads_leave_only_valid_events_and_no_trace(tmp_path: Path) -> None:
    """Through the hook's function; a twentieth of them as bytes that are cut or altered."""
    chance = random.Random(20261122)
    environ = {"CLAUDE_PROJECT_DIR": str(tmp_path), "HOME": f"/home/{CANARY}"}
    for number in range(20_000):
        payload: Payload | None = mutated(chance)
        if number % 20 == 0:
            payload = decoded(json.dumps(payload).encode("utf-8", "replace"), chance)
        if payload is not None:
            record(payload, environ)
    assert len(events_of(tmp_path)) > 10_000  # most mutations leave something to learn
    kinds = {kind for kind in KINDS if f'"kind":"{kind}"'.encode() in journal_of(tmp_path)}
    assert kinds == set(KINDS)
    assert [code for code in set(notes_of(tmp_path)) if code != "bad_event"] == []
    assert "bad_event" not in notes_of(tmp_path)
    assert traces_in(store_of(tmp_path), CANARIES) == []
    assert load_features(store_of(tmp_path), LATER).set_aside == 0


KINDS = [
    "phase_started", "document_saved", "scope_defined", "files_planned", "build_reported", "files_built", "agent_ran",
    "judge_ruled", "knowledge_read", "turn_ended", "turn_failed", "session_ended",
]  # fmt: skip


def decoded(data: bytes, chance: random.Random) -> Payload | None:
    """What the hook makes of altered bytes; it may raise here, since main() begins with it."""
    at = chance.randrange(len(data))
    data = data[:at] + bytes([chance.randrange(256)]) * chance.randrange(3) + data[at + chance.randrange(3) :]
    try:
        return decode(data)
    except (ValueError, StopIteration):
        return None


def test_500_mutated_payloads_through_the_real_process(tmp_path: Path) -> None:
    """The very commands: exit 0, silent, only valid events, no trace."""
    chance = random.Random(20261123)
    project = tmp_path / f"project of {CANARY}"
    (project / ".claude/sdd").mkdir(parents=True)
    env = environment_full_of_canaries(project)
    inputs = [json.dumps(mutated(chance)).encode("utf-8", "replace") for _ in range(500)]
    inputs[::10] = [data[: chance.randrange(len(data))] + chance.randbytes(9) for data in inputs[::10]]
    commands = [chance.choice(COMMANDS)[1] for _ in inputs]
    with ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        list(pool.map(lambda command, data: run(command, data, env), commands, inputs))
    assert len(events_of(project)) > 200
    assert notes_of(project) == []
    assert traces_in(store_of(project), CANARIES) == []


def environment_full_of_canaries(project: Path) -> dict[str, str]:
    """Everything that tells of a person, in the environment."""
    home = Path(os.environ["HOME"]) / CANARY
    home.mkdir()
    names = (
        "USER",
        "LOGNAME",
        "HOSTNAME",
        "ANTHROPIC_API_KEY",
        "GIT_AUTHOR_NAME",
        "GIT_AUTHOR_EMAIL",
        "EMAIL",
        "MAIL",
        CANARY,
    )
    return {
        "PATH": PATH,
        "HOME": str(home),
        "CLAUDE_PLUGIN_ROOT": str(Path(__file__).resolve().parents[2]),
        "CLAUDE_PROJECT_DIR": str(project),
        **dict.fromkeys(names, CANARY),
    }


def with_canaries(value: Any) -> Any:
    """The recorded feature as a person's own: canaries for names, in contents, ids, agents, domains and outputs."""
    text = json.dumps(value)
    for old, new in (
        ("ORDERS_PIPELINE", CANARY.upper()),
        ("Orders Pipeline", CANARY),
        ("/home/dev/shop", f"/home/{CANARY}/{CANARY}"),
        ("Daily orders from Postgres", f"{CANARY} from {CANARY}"),
        ("dags/orders.py", f"{CANARY}/{CANARY}.{CANARY}"),
        ("@dbt-specialist", f"@{CANARY.lower()}"),
        (":dbt-specialist", f":{CANARY.lower()}"),
        ("dbt, airflow", f"dbt, {CANARY.lower()}"),
        ("/kb/airflow/", f"/kb/{CANARY.lower()}/"),
        ("incremental-model", CANARY),
        ("judge feedback ", f"{CANARY} of {CANARY}"),
        ("someone", f"{CANARY}@example.org"),
        (value["session_id"], CANARY),
    ):
        text = text.replace(old, new)
    return json.loads(text)


def test_a_feature_full_of_canaries_leaves_no_trace_of_them(tmp_path: Path) -> None:
    """From /brainstorm to /ship through the real process: the facts are there, the words are not."""
    project = tmp_path / CANARY
    (project / ".claude/sdd").mkdir(parents=True)
    payloads = [with_canaries(payload) for payload in recorded("orders-pipeline.jsonl")]
    play([{**payload, "gitBranch": CANARY} for payload in payloads], project)
    journal = journal_of(project)
    assert journal.count(b'"agent":"custom"') >= 2 and b'"custom"]' in journal and b'"domain":"custom"' in journal
    [feature] = load_features(store_of(project), LATER).features
    assert feature.state == "shipped"
    assert traces_in(store_of(project), CANARIES) == []


def test_the_canaries_would_be_found(tmp_path: Path) -> None:
    """In a name, in bytes, as a hash, as base64: the search can fail."""
    import base64  # noqa: PLC0415
    import hashlib  # noqa: PLC0415

    data = CANARY.encode()
    marks = [data, base64.b64encode(b"xx" + data + b"yyy"), base64.b64encode(b"{" + data + b"}..")]
    marks += [hashlib.new(name, data).hexdigest().encode() for name in ("md5", "sha1", "sha256", "blake2b")]
    for number, mark in enumerate(marks):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "file").write_bytes(b"something " + mark + b" else")
        assert traces_in(folder, [CANARY]) == [f"file: {CANARY}"] * len(traces_in(folder, [CANARY])) != []
    (tmp_path / "named").mkdir()
    (tmp_path / "named" / f"x{CANARY}").touch()
    assert traces_in(tmp_path / "named", [CANARY])
