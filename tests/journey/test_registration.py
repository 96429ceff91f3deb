"""Where the hooks come from, and the switch that stops them."""

from __future__ import annotations

from pathlib import Path

from tests.journey.api import Api, agent, bash, hangs, read, says, serving, uses
from tests.journey.life import judging, saves
from tests.journey.machine import AGENTSPEC, BOTH, FEATURE, PATIENCE, Machine

TESTER = "agentspec:test:test-generator"
STORY = [
    "define started: typed, judge off",
    "define saved: ready",
    "scope defined",
    "define judged: pass",
    "knowledge read: dbt",
    "agent completed: test-generator",
    "turn ended",
    "session ended: other",
]


def play(machine: Machine, plugins: tuple[Path, ...]) -> None:
    """Something of every kind, once."""
    machine.plays(
        f"/define {FEATURE}", saves(machine, "DEFINE"), uses(judging(machine, "define")),
        uses(read(AGENTSPEC / "kb/dbt/index.md")), uses(agent(TESTER)), says(), plugins=plugins,
    )  # fmt: skip


def test_a_project_that_is_set_up_needs_no_plugin(machine: Machine) -> None:
    """Its settings have the same hooks."""
    machine.agentspec("install")
    play(machine, (AGENTSPEC,))
    assert machine.told() == STORY


def test_the_plugin_and_the_projects_settings_together_count_once(machine: Machine) -> None:
    """Claude Code runs both; what they see has one id."""
    machine.agentspec("install")
    play(machine, BOTH)
    first = {event["id"]: line for event, line in zip(machine.events(), machine.told(), strict=True)}
    assert sorted(first.values()) == sorted(STORY)
    assert (
        len(first) < len(machine.events()) <= 2 * len(first)
    )  # the session's end may be seen once: it closes the mark
    feature = machine.feature()
    assert feature.agent_runs == {"test-generator": 1}
    assert feature.record.outcome.iterations == 0
    assert feature.record.judge.reviewers_count == 1


def test_recording_off_is_obeyed_by_a_session_that_is_running(machine: Machine) -> None:
    """From the next event on, not a byte is written."""
    with serving(Api((hangs(bash("true")), saves(machine, "DEFINE"), says()), before=machine.wait_for_hooks)) as api:
        process = machine.starts(api, f"/define {FEATURE}")
        assert api.hanging.wait(PATIENCE)
        machine.wait_for_hooks()
        switch = machine.store / "config.yaml"
        switch.write_text(switch.read_text().replace("recording: on", "recording: off"))
        before = machine.contents()
        api.released.set()
        process.communicate(timeout=PATIENCE)
    machine.wait_for_hooks()
    assert process.returncode == 0
    assert machine.document("DEFINE").exists()
    assert machine.contents() == before
    assert machine.told() == ["define started: typed, judge off"]
