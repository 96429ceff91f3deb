"""Valid sealed lines for tests of the wire: as small as the schema lets them be."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def token_of(number: int) -> str:
    """The token that takes back the report of that number."""
    return hashlib.sha256(f"token {number}".encode()).hexdigest()


def id_of(number: int) -> str:
    """Its id."""
    return f"00000000-0000-4000-8000-{number:012x}"


def line_of(number: int, **session: object) -> bytes:
    """A sealed report, without the newline. `session`: what to put in the place of its own fields."""
    sealed = {
        "version": 1,
        "withdrawal": hashlib.sha256(token_of(number).encode()).hexdigest(),
        "report": _report({"id": id_of(number), **session}),
    }
    return json.dumps(sealed, sort_keys=True, separators=(",", ":")).encode()


def lines_of(*numbers: int) -> bytes:
    """A batch, as it is before gzip."""
    return b"".join(line_of(number) + b"\n" for number in numbers)


def _report(session: dict[str, object]) -> dict[str, Any]:
    seconds = {f"{name}_duration_seconds": 60 for name in ("define", "design", "build", "total")}
    return {
        "session": {"timestamp": "2026-11-22T10:00:00Z", "agentspec_version": "0.0.0", **session},
        "feature": {
            "complexity": {
                "file_count": "3",
                "estimated_loc": "unknown",
                "phases_used": ["define"],
                "has_iac": False,
                "has_llm": False,
                "has_tests": True,
            },
            "timing": seconds,
            "outcome": {"shipped": True, "iterations": "0", "judge_used": False},
        },
        "agents": {"matching": [], "effectiveness": []},
        "judge": {
            "enabled": False,
            "reviewers_count": "0",
            "pre_design_score": None,
            "post_build_score": None,
            "consensus_reached": False,
            "human_override": False,
        },
        "kb": {"domains_consulted": [], "patterns_used": "0"},
        "errors": {"phase_failed": None, "error_category": None, "recovered": None},
    }
