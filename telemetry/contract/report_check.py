"""Whether an object is a sealed report by schemas/report.yaml, and the words in which a report counts.

Generated from schemas/report.yaml by scripts/generate.py: change that file, not this one.
It agrees with jsonschema over the same file (tests/contract/test_report_check.py), with one difference: 5.0 is not 5,
as canonical JSON has no 5.0. As there, true is not 1, and the order of fields and of lists is free.
"""

# fmt: off
# ruff: noqa: E501

from __future__ import annotations

from telemetry.contract.vocabulary import AGENTS, DOMAINS, FILE_TYPES

_HEX = "0123456789abcdef"
_DIGITS = "0123456789"


def _is_hex(value: object, length: int) -> bool:
    return type(value) is str and len(value) == length and not value.strip(_HEX)


def _is_uuid4(value: object) -> bool:
    if type(value) is not str or len(value) != 36 or value[14] != "4" or value[19] not in "89ab":
        return False
    return value[8] == value[13] == value[18] == value[23] == "-" and _is_hex(value.replace("-", ""), 32)


def _is_number(text: str) -> bool:
    return bool(text) and not text.strip(_DIGITS)


def _is_hour(value: object) -> bool:
    if type(value) is not str or len(value) != 20 or value[:2] != "20" or value[13:] != ":00:00Z":
        return False
    if value[4] != "-" or value[7] != "-" or value[10] != "T":
        return False
    if not _is_number(value[2:4] + value[5:7] + value[8:10] + value[11:13]):
        return False
    return "01" <= value[5:7] <= "12" and "01" <= value[8:10] <= "31" and value[11:13] <= "23"


def _is_semver(value: object) -> bool:
    if type(value) is not str:
        return False
    parts = value.split(".")
    return len(parts) == 3 and all(
        len(part) <= 3 and _is_number(part) and (part == "0" or part[0] != "0") for part in parts
    )


def _is_minor(value: object) -> bool:
    return type(value) is str and value[-2:] == ".0" and _is_semver(value)


def _in_range(value: object, low: int, high: int) -> bool:
    return type(value) is int and low <= value <= high


def _in_steps(value: object, low: int, high: int, step: int) -> bool:
    return type(value) is int and low <= value <= high and value % step == 0


FILES = ("0", "1", "2", "3", "4", "5-9", "10-19", "20-30", "31-50", "51+")
TIMES = ("0", "1", "2", "3", "4", "5-9", "10+")
SEATS = ("0", "1", "2", "3", "4", "5+")
COMMON_AGENTS = frozenset(("general", "custom", "pipeline-architect", "schema-designer", "airflow-specialist", "dbt-specialist", "spark-specialist", "sql-optimizer", "code-cleaner", "code-documenter", "code-reviewer", "llm-specialist", "python-developer", "data-quality-analyst", "test-generator", "brainstorm-agent", "build-agent", "define-agent", "design-agent", "iterate-agent", "ship-agent", "function-developer", "terraform-specialist", "infra-deployer", "extraction-specialist"))
COMMON_DOMAINS = frozenset(("custom", "airflow", "aws", "data-modeling", "data-quality", "dbt", "gcp", "genai", "prompt-engineering", "pydantic", "python", "shared", "spark", "sql-patterns", "streaming", "terraform", "testing"))
COMMON_FILE_TYPES = frozenset(("other", ".csv", ".ipynb", ".js", ".json", ".md", ".py", ".sh", ".sql", ".tf", ".toml", ".ts", ".txt", ".yaml", ".yml"))


def _seconds(value: object) -> bool:
    return (_in_range(value, 0, 99) or _in_steps(value, 100, 990, 10) or _in_steps(value, 1000, 9900, 100) or _in_steps(value, 10000, 99000, 1000) or _in_steps(value, 100000, 360000, 10000))


def _score(value: object) -> bool:
    return (value is None or (type(value) is int and value in {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}) or (type(value) is float and value in {0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5, 9.5}))


def _matched(value: object) -> bool:
    return (
        type(value) is dict
        and len(value) == 4
        and value["agent_type"] in AGENTS
        and value["file_type"] in FILE_TYPES
        and (type(value["confidence"]) is float and value["confidence"] in {0.95, 0.85, 0.8, 0.7})
        and type(value["was_overridden"]) is bool
    )


def _effective(value: object) -> bool:
    return (
        type(value) is dict
        and len(value) == 4
        and value["agent_type"] in AGENTS
        and value["assigned_files"] in {"0", "1", "2", "3", "4", "5-9", "10-19", "20-30", "31-50", "51+"}
        and type(value["build_success"]) is bool
        and _score(value["quality_score"])
    )


def _session(value: object) -> bool:
    return (
        type(value) is dict
        and len(value) == 3
        and _is_uuid4(value["id"])
        and _is_hour(value["timestamp"])
        and _is_minor(value["agentspec_version"])
    )


def _complexity(value: object) -> bool:
    return (
        type(value) is dict
        and len(value) == 6
        and value["file_count"] in {"0", "1", "2", "3", "4", "5-9", "10-19", "20-30", "31-50", "51+"}
        and value["estimated_loc"] in {"unknown", "0-100", "100-500", "500-1000", "1000-5000", "5000+"}
        and (type(value["phases_used"]) is list and len(value["phases_used"]) <= 5 and len(set(value["phases_used"])) == len(value["phases_used"]) and all(item in {"brainstorm", "define", "design", "build", "ship"} for item in value["phases_used"]))
        and type(value["has_iac"]) is bool
        and type(value["has_llm"]) is bool
        and type(value["has_tests"]) is bool
    )


def _timing(value: object) -> bool:
    return (
        type(value) is dict
        and len(value) == 4
        and _seconds(value["define_duration_seconds"])
        and _seconds(value["design_duration_seconds"])
        and _seconds(value["build_duration_seconds"])
        and _seconds(value["total_duration_seconds"])
    )


def _outcome(value: object) -> bool:
    return (
        type(value) is dict
        and len(value) == 3
        and type(value["shipped"]) is bool
        and value["iterations"] in {"0", "1", "2", "3", "4", "5-9", "10+"}
        and type(value["judge_used"]) is bool
    )


def _feature(value: object) -> bool:
    return (
        type(value) is dict
        and len(value) == 3
        and _complexity(value["complexity"])
        and _timing(value["timing"])
        and _outcome(value["outcome"])
    )


def _agents(value: object) -> bool:
    return (
        type(value) is dict
        and len(value) == 2
        and (type(value["matching"]) is list and len(value["matching"]) <= 12 and all(_matched(item) for item in value["matching"]))
        and (type(value["effectiveness"]) is list and len(value["effectiveness"]) <= 12 and all(_effective(item) for item in value["effectiveness"]))
    )


def _judge(value: object) -> bool:
    return (
        type(value) is dict
        and len(value) == 6
        and type(value["enabled"]) is bool
        and value["reviewers_count"] in {"0", "1", "2", "3", "4", "5+"}
        and _score(value["pre_design_score"])
        and _score(value["post_build_score"])
        and type(value["consensus_reached"]) is bool
        and type(value["human_override"]) is bool
    )


def _kb(value: object) -> bool:
    return (
        type(value) is dict
        and len(value) == 2
        and (type(value["domains_consulted"]) is list and len(value["domains_consulted"]) <= 8 and len(set(value["domains_consulted"])) == len(value["domains_consulted"]) and all(item in DOMAINS for item in value["domains_consulted"]))
        and value["patterns_used"] in {"0", "1", "2", "3", "4", "5-9", "10+"}
    )


def _errors(value: object) -> bool:
    return (
        type(value) is dict
        and len(value) == 3
        and value["phase_failed"] in {None, "brainstorm", "define", "design", "build", "ship"}
        and value["error_category"] in {None, "api_error", "tests_failed", "build_blocked", "judge_blocked", "needs_clarification", "interrupted", "abandoned", "unknown"}
        and (value["recovered"] is None or type(value["recovered"]) is bool)
    )


def _report(value: object) -> bool:
    return (
        type(value) is dict
        and len(value) == 6
        and _session(value["session"])
        and _feature(value["feature"])
        and _agents(value["agents"])
        and _judge(value["judge"])
        and _kb(value["kb"])
        and _errors(value["errors"])
    )


def _sealed(value: object) -> bool:
    return (
        type(value) is dict
        and len(value) == 3
        and (type(value["version"]) is int and value["version"] == 1)
        and _is_hex(value["withdrawal"], 64)
        and _report(value["report"])
    )


def is_report(value: object) -> bool:
    """Whether `value`, as JSON decodes it, is a valid sealed report. Never raises."""
    try:
        return _sealed(value)
    except (KeyError, TypeError):
        return False
