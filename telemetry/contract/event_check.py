"""Whether an object is an event by schemas/event.yaml, without any import that costs time.

Generated from schemas/event.yaml by scripts/generate.py: change that file, not this one.
It is what the hook checks its own events with before it writes them, and what the reader checks
foreign lines with. It agrees with jsonschema over the same file (tests/contract/test_event_check.py).
"""

from __future__ import annotations

_HEX = "0123456789abcdef"
_DIGITS = "0123456789"


def _is_hex(value: object, length: int) -> bool:
    return type(value) is str and len(value) == length and not value.strip(_HEX)


def _is_number(text: str) -> bool:
    return bool(text) and not text.strip(_DIGITS)


def _is_instant(value: object) -> bool:
    if type(value) is not str or len(value) != 24 or value[:2] != "20":
        return False
    if (value[4], value[7], value[10], value[13], value[16], value[19], value[23]) != tuple("--T::.Z"):
        return False
    digits = value[2:4] + value[5:7] + value[8:10] + value[11:13] + value[14:16] + value[17:19] + value[20:23]
    if not _is_number(digits):
        return False
    if not ("01" <= value[5:7] <= "12" and "01" <= value[8:10] <= "31"):
        return False
    return value[11:13] <= "23" and value[14:16] <= "59" and value[17:19] <= "59"


def _is_semver(value: object) -> bool:
    if type(value) is not str:
        return False
    parts = value.split(".")
    return len(parts) == 3 and all(
        len(part) <= 3 and _is_number(part) and (part == "0" or part[0] != "0") for part in parts
    )


def _in_range(value: object, low: int, high: int) -> bool:
    return type(value) is int and low <= value <= high


def _envelope(value: dict[str, object]) -> bool:
    return (
        (type(value["v"]) is int and value["v"] == 1)
        and _is_hex(value["id"], 32)
        and _is_instant(value["at"])
        and _is_hex(value["session"], 16)
        and (value["turn"] is None or _is_hex(value["turn"], 16))
        and (value["feature"] is None or _is_hex(value["feature"], 16))
    )


def _planned_file(value: dict[str, object]) -> bool:
    from telemetry.contract.vocabulary import AGENTS, FILE_TYPES

    return (
        type(value) is dict
        and len(value) == 4
        and _is_hex(value["file"], 16)
        and (value["agent"] is None or value["agent"] in AGENTS)
        and value["type"] in FILE_TYPES
        and type(value["test"]) is bool
    )


def _built_file(value: dict[str, object]) -> bool:
    from telemetry.contract.vocabulary import AGENTS, FILE_TYPES

    return (
        type(value) is dict
        and len(value) == 4
        and _is_hex(value["file"], 16)
        and (value["agent"] is None or value["agent"] in AGENTS)
        and value["type"] in FILE_TYPES
        and (value["verified"] is None or type(value["verified"]) is bool)
    )


def _phase_started(value: dict[str, object]) -> bool:
    return (
        len(value) == 11
        and value["phase"] in {"brainstorm", "define", "design", "build", "ship", "iterate"}
        and value["origin"] in {"typed", "skill", "program"}
        and value["judge"] in {"off", "advisory", "strict"}
        and _is_semver(value["agentspec"])
    )


def _document_saved(value: dict[str, object]) -> bool:
    return (
        len(value) == 9
        and value["document"] in {"brainstorm", "define", "design", "build", "ship"}
        and value["status"] in {"unknown", "draft", "in_progress", "needs_clarification", "blocked", "ready", "complete"}
    )


def _scope_defined(value: dict[str, object]) -> bool:
    from telemetry.contract.vocabulary import DOMAINS

    return (
        len(value) == 10
        and (type(value["domains"]) is list and len(value["domains"]) <= 25 and len(set(value["domains"])) == len(value["domains"]) and all(item in DOMAINS for item in value["domains"]))
        and value["infrastructure"] in {"unknown", "none", "modify", "new", "tbd"}
        and (value["clarity"] is None or _in_range(value["clarity"], 0, 15))
    )


def _files_planned(value: dict[str, object]) -> bool:
    return (
        len(value) == 11
        and _in_range(value["part"], 1, 8)
        and _in_range(value["parts"], 1, 8)
        and _in_range(value["total"], 0, 9999)
        and (type(value["files"]) is list and len(value["files"]) <= 36 and all(_planned_file(item) for item in value["files"]))
    )


def _build_reported(value: dict[str, object]) -> bool:
    return (
        len(value) == 12
        and (value["lines"] is None or _in_range(value["lines"], 0, 9999999))
        and (value["tasks_done"] is None or _in_range(value["tasks_done"], 0, 9999))
        and (value["tasks_total"] is None or _in_range(value["tasks_total"], 0, 9999))
        and (value["tests_passed"] is None or _in_range(value["tests_passed"], 0, 9999))
        and (value["tests_total"] is None or _in_range(value["tests_total"], 0, 9999))
    )


def _files_built(value: dict[str, object]) -> bool:
    return (
        len(value) == 11
        and _in_range(value["part"], 1, 8)
        and _in_range(value["parts"], 1, 8)
        and _in_range(value["total"], 0, 9999)
        and (type(value["files"]) is list and len(value["files"]) <= 36 and all(_built_file(item) for item in value["files"]))
    )


def _agent_ran(value: dict[str, object]) -> bool:
    from telemetry.contract.vocabulary import AGENTS

    return (
        len(value) == 9
        and value["agent"] in AGENTS
        and value["outcome"] in {"completed", "failed"}
    )


def _judge_ruled(value: dict[str, object]) -> bool:
    return (
        len(value) == 11
        and (value["phase"] is None or value["phase"] in {"brainstorm", "define", "design", "build", "ship"})
        and value["verdict"] in {"pass", "warn", "fail", "none", "scored"}
        and (value["score"] is None or _in_range(value["score"], 0, 100))
        and _in_range(value["seats"], 0, 9)
    )


def _knowledge_read(value: dict[str, object]) -> bool:
    from telemetry.contract.vocabulary import DOMAINS

    return (
        len(value) == 9
        and value["domain"] in DOMAINS
        and (value["pattern"] is None or _is_hex(value["pattern"], 16))
    )


def _turn_ended(value: dict[str, object]) -> bool:
    return (
        len(value) == 7
    )


def _turn_failed(value: dict[str, object]) -> bool:
    return (
        len(value) == 8
        and value["error"] in {"other", "server_error", "authentication_failed", "rate_limit", "billing_error", "unknown", "max_output_tokens", "invalid_request"}
    )


def _session_ended(value: dict[str, object]) -> bool:
    return (
        len(value) == 8
        and value["reason"] in {"other", "clear", "logout", "prompt_input_exit"}
    )


def _phase_ended(value: dict[str, object]) -> bool:
    return (
        len(value) == 11
        and value["phase"] in {"brainstorm", "define", "design", "build", "ship"}
        and type(value["success"]) is bool
        and _in_range(value["agents"], 0, 999)
        and _in_range(value["files"], 0, 9999)
    )

_KINDS = {
    "phase_started": _phase_started,
    "document_saved": _document_saved,
    "scope_defined": _scope_defined,
    "files_planned": _files_planned,
    "build_reported": _build_reported,
    "files_built": _files_built,
    "agent_ran": _agent_ran,
    "judge_ruled": _judge_ruled,
    "knowledge_read": _knowledge_read,
    "turn_ended": _turn_ended,
    "turn_failed": _turn_failed,
    "session_ended": _session_ended,
    "phase_ended": _phase_ended,
}


def is_event(value: object) -> bool:
    """Whether `value`, as JSON decodes it, is a valid event. Never raises."""
    try:
        if type(value) is not dict:
            return False
        check = _KINDS.get(value["kind"])
        return check is not None and _envelope(value) and check(value)
    except (KeyError, TypeError, RecursionError):
        return False
