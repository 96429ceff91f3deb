"""Judges: which calls are one, what they said, of what, and how many sat on the panel."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.capture.judges import judge_facts
from tests.capture.payloads import bash, bash_failed, plainly, seen

RUN = "python3 scripts/judge.py .claude/sdd/features/DESIGN_ORDERS.md --phase design"
FEEDBACK = "the verdict is that confidence in FAIL and PASS is a secret"
MARKDOWN = f"## Judge Verdict — PASS\n\n**Confidence:** 0.88\n\n### Summary\n{FEEDBACK}\n"


def said(verdict: str, confidence: object = 0.88, **more: object) -> str:
    """judge.py --json."""
    return json.dumps(
        {"verdict": verdict, "confidence": confidence, "summary": FEEDBACK, "concerns": [], **more}, indent=2
    )


def panel(level: str) -> str:
    """spec-judge --json."""
    return json.dumps({"level": level, "findings": [{"text": FEEDBACK}]})


def ruling(payload: dict[str, Any]) -> dict[str, Any]:
    """The fields of the one ruling in it."""
    [(kind, _, fields)] = seen(payload)
    assert kind == "judge_ruled"
    return fields


def test_a_judge_that_passes() -> None:
    """The feature, its phase, the verdict, the confidence in tenths of a point, one seat."""
    fields = {"phase": "design", "verdict": "pass", "score": 88, "seats": 1}
    assert seen(bash(RUN + " --json", said("PASS"))) == [("judge_ruled", "feature:ORDERS", fields)]


def test_a_judge_that_fails_ends_with_1() -> None:
    """Its output comes merged into `error`; confidence in a FAIL counts against."""
    fields = {"phase": "design", "verdict": "fail", "score": 12, "seats": 1}
    assert seen(bash_failed(RUN + " --json", 1, said("FAIL"))) == [("judge_ruled", "feature:ORDERS", fields)]


@pytest.mark.parametrize("code", [2, 3, 4, 126, 127, 137, 143])
def test_a_judge_that_broke_gave_no_verdict(code: int) -> None:
    """Configuration, budget, network, a signal; whatever it had printed before."""
    for output in ("", "no key", said("PASS"), MARKDOWN):
        fields = ruling(bash_failed(RUN, code, output))
        assert (fields["verdict"], fields["score"]) == ("none", None)


@pytest.mark.parametrize(
    ("output", "verdict", "score"),
    [
        (said("PASS"), "pass", 88),
        (said("FAIL"), "fail", 12),
        (said("pass", 1), "pass", 100),
        (said("PASS", "0.5"), "pass", 50),
        (said("PASS", None), "pass", 100),
        (said("FAIL", None), "fail", 20),
        (said("PASS", 7), "pass", 100),
        (said("PASS", "high"), "pass", 100),
        (json.dumps(json.loads(said("PASS"))), "pass", 88),
        ("Calling the judge …\n" + said("PASS") + "\ndone", "pass", 88),
        (MARKDOWN, "pass", 88),
        (MARKDOWN.replace("PASS\n", "FAIL\n", 1), "fail", 12),
        (MARKDOWN.replace("—", "-"), "pass", 88),
        (MARKDOWN.replace("\n", "\r\n"), "pass", 88),
        ("## Judge Verdict: **WARN**", "warn", 60),
        ('warning: "verdict" is missing\n' + said("FAIL"), "fail", 12),
        (said("MAYBE"), "none", None),
        (said(""), "none", None),
        ("Traceback (most recent call last):", "none", None),
        (FEEDBACK, "none", None),
        ("", "none", None),
        ('"verdict"', "none", None),
        ('{"verdict": ' + '"' * 50, "none", None),
    ],
)
def test_a_verdict_is_read_from_json_and_from_markdown(output: str, verdict: str, score: int | None) -> None:
    """Where there is no confidence, PASS is 10, WARN 6 and FAIL 2."""
    fields = ruling(bash(RUN, output))
    assert (fields["verdict"], fields["score"]) == (verdict, score)


@pytest.mark.parametrize(
    ("tier", "seats"), [("smoke", 1), ("standard", 3), ("high-assurance", 4), ("unheard-of", 3), (None, 3)]
)
@pytest.mark.parametrize(("level", "score"), [("PASS", 100), ("WARN", 60), ("FAIL", 20)])
def test_a_panel_has_as_many_seats_as_its_tier(tier: str | None, seats: int, level: str, score: int) -> None:
    """spec-judge; the standard tier where none is named."""
    for option in [f" --tier {tier}", f" --tier={tier}"] if tier else [""]:
        command = f"tools/spec-judge/spec-judge .claude/sdd/features/DEFINE_ORDERS.md{option} --json"
        expected = {"phase": "define", "verdict": level.lower(), "score": score, "seats": seats}
        assert seen(bash(command, panel(level))) == [("judge_ruled", "feature:ORDERS", expected)]


@pytest.mark.parametrize(
    ("options", "phase"),
    [
        ("DESIGN_ORDERS.md --phase build", "build"),
        ("--phase=define DESIGN_ORDERS.md", "define"),
        ("DESIGN_ORDERS.md", "design"),
        ("BRAINSTORM_ORDERS.md", "brainstorm"),
        (".claude/sdd/reports/BUILD_REPORT_ORDERS.md", "build"),
        ("DESIGN_ORDERS.md --phase", "design"),
        ("DESIGN_ORDERS.md --phase secret", "design"),
        ("notes.md", None),
        ("", None),
    ],
)
def test_the_phase_is_what_the_call_says_or_the_document_is(options: str, phase: str | None) -> None:
    """Null where neither says it."""
    assert ruling(bash(f"python3 judge.py {options}", said("PASS")))["phase"] == phase


@pytest.mark.parametrize(
    "command",
    [
        "python3 scripts/judge.py X_Y.md",
        "python3 -u -B scripts/judge.py X_Y.md",
        "/usr/bin/python3.12 scripts/judge.py X_Y.md",
        "python scripts/judge.py X_Y.md --json | tee out.json",
        "python scripts/judge.py X_Y.md; echo done",
        "python3 scripts/judge.py X_Y.md > out.md 2>&1",
        'python3 "${CLAUDE_PLUGIN_ROOT}/scripts/judge.py" X_Y.md',
        "cd /home/dev/shop && python3 scripts/judge.py X_Y.md",
        "cd /home/dev/shop&&scripts/judge.py X_Y.md",
        "cd /home/dev/shop\nscripts/judge.py X_Y.md",
        "python3 \\\n  scripts/judge.py \\\n  X_Y.md",
        "OPENROUTER_API_KEY=x JUDGE=1 scripts/judge.py X_Y.md",
        "env KEY=x python3 scripts/judge.py X_Y.md",
        "./judge.py X_Y.md",
        "out=$(python3 scripts/judge.py X_Y.md)",
        "if ! scripts/judge.py X_Y.md; then echo no; fi",
        "for f in a b; do python3 scripts/judge.py $f; done",
        "timeout 60 python3 scripts/judge.py X_Y.md",
        "uv run scripts/judge.py X_Y.md",
        "uv run python scripts/judge.py X_Y.md",
        "bash tools/spec-judge/spec-judge X_Y.md",
        "tools/spec-judge/spec-judge X_Y.md",
        "python3 -m spec_judge X_Y.md",
        "true || python3 scripts/judge.py X_Y.md",
    ],
)
def test_a_judge_that_runs_is_seen(command: str) -> None:
    """However the shell is told to."""
    assert ruling(bash(command, said("PASS")))["verdict"] == "pass"


@pytest.mark.parametrize(
    "command",
    [
        "cat scripts/judge.py",
        "cat -n scripts/judge.py",
        "grep -n verdict scripts/judge.py",
        "ls -la tools/spec-judge/spec-judge",
        "head -n 5 judge.py",
        "git add scripts/judge.py",
        "vim scripts/judge.py",
        "python3 -m pytest tests/test_judge.py",
        "python3 tests/test_judge.py",
        "python3 my_judge.py",
        "python3 judge.python",
        "echo judge.py",
        "rm -f judge.py",
        "judges --all",
        "",
        "judge",
    ],
)
def test_a_judge_that_is_looked_at_is_no_ruling(command: str) -> None:
    """Even where its source says "verdict": "PASS"."""
    assert seen(bash(command, said("PASS"))) == seen(bash_failed(command, 1, said("FAIL"))) == []


def test_what_follows_the_call_is_not_the_call() -> None:
    """Another document after a pipe or a semicolon is not what was judged."""
    payload = bash("judge.py; cat .claude/sdd/features/DESIGN_ORDERS.md --phase build", said("PASS"))
    assert seen(payload) == [("judge_ruled", None, {"phase": None, "verdict": "pass", "score": 88, "seats": 1})]


def test_a_judge_in_the_background_is_no_judge_that_broke() -> None:
    """No payload will ever bring its answer, so nothing is said about it."""
    assert seen(bash(RUN, "", backgroundTaskId="b1")) == []


@pytest.mark.parametrize("command", [None, 5, [], {}, ["judge.py"]])
def test_a_command_that_is_no_text_is_no_judge(command: Any) -> None:
    """Whatever its output."""
    assert seen(bash(command, said("PASS"))) == []


@given(
    st.text("judge.py pythonspec-tier=;|&()$\"'`\\\n", max_size=80),
    st.text('"verdicPASFLconfe:0.8 \n{}—*', max_size=80),
)
def test_no_command_and_no_output_is_too_odd(command: str, output: str) -> None:
    """One ruling or none; a score only with a verdict, between 0 and 100."""
    for _, _, fields in judge_facts(command + " judge.py", output, plainly):
        assert (fields["score"] is None) == (fields["verdict"] == "none")
        assert fields["score"] is None or 0 <= fields["score"] <= 100
