"""What is started where there is nothing of AgentSpec's to learn: counted by strace."""

from __future__ import annotations

import re
import shutil

from tests.journey.api import Block, agent, bash, edit, read, says, skill, uses, write
from tests.journey.machine import FEATURE, Machine

SHELL = re.compile(r'execve\("[^"]*/sh", \["[^"]*sh", "-c", "[^"\\]*(?:\\.[^"\\]*)*hooks/run')
PYTHON = re.compile(r'execve\("[^"]*python[^"]*", \[.*record\.py')
CHOOSING = re.compile(r'execve\("[^"]*", \[.*choose-python')


def ordinary(machine: Machine) -> list[tuple[Block, ...]]:
    """Work of any day: files and commands of every kind, thrice."""
    one, two = machine.project / "canary7qx.py", machine.project / "docs/DEFINE_nothing.md"
    return [
        (write(one, "x = 1\n"), write(two, "Canary7Qx")),
        (edit(one, "x = 1", "x = 2"), read(one), read(machine.project / "CLAUDE.md")),
        (bash("ls"), bash("cat canary7qx.py"), bash("false")),
    ] * 3


def started(machine: Machine, prompt: str, *more: Block) -> list[str]:
    """The lines of strace that start a process, of a whole session."""
    log = machine.home / "strace.log"
    found = shutil.which("strace")
    assert found, "strace is missing: install it with the system's package manager."
    tools = [uses(*calls) for calls in [*ordinary(machine), *((call,) for call in more)]]
    wrapper = (found, "-f", "-qq", "-s", "2000", "-e", "trace=execve", "-o", str(log))
    assert machine.plays(prompt, *tools, says(), wrapper=wrapper).answer == "Done."
    return log.read_text().splitlines()


def count(lines: list[str], what: re.Pattern[str]) -> int:
    """How many processes of that kind were started."""
    return sum(bool(what.search(line)) for line in lines)


def test_a_session_without_agentspec_starts_nothing_of_ours_per_tool_call(machine: Machine) -> None:
    """One shell at the session's start, one at the turn's end, one at its own end; no Python, and no store."""
    lines = started(machine, "Canary7Qx: the usual")
    assert count(lines, re.compile("canary7qx.py")) >= 3, "strace did not see the session's own commands"
    assert count(lines, SHELL) == 3
    assert count(lines, PYTHON) == count(lines, CHOOSING) == 0
    assert not machine.store.exists()


def test_a_builtin_agent_starts_nothing_of_ours(machine: Machine) -> None:
    """Claude Code's own agents are not AgentSpec's."""
    lines = started(machine, "Canary7Qx: look around", agent("general-purpose"), agent("Explore"))
    assert count(lines, SHELL) == 3
    assert count(lines, PYTHON) == 0


def test_in_a_project_of_agentspec_ordinary_tools_start_no_python(machine: Machine) -> None:
    """The folder is there, and a session from before, which has ended: three shells look, and that is all."""
    machine.plays(f"/define {FEATURE}", says())
    lines = started(machine, "Canary7Qx: the usual")
    assert count(lines, SHELL) == 3
    assert count(lines, PYTHON) == 0
    assert len({event["session"] for event in machine.events()}) == 1


def test_within_a_phase_ordinary_tools_start_nothing_of_ours(machine: Machine) -> None:
    """Only the command, the end of the turn and the end of the session do; a shell looks at the start, too."""
    lines = started(machine, f"/build {FEATURE}")
    assert (count(lines, SHELL), count(lines, PYTHON)) == (4, 3)


def test_an_ordinary_skill_costs_a_shell_and_a_look(machine: Machine) -> None:
    """The host has no finer matcher for skills."""
    (machine.project / ".claude/skills/mine").mkdir(parents=True)
    (machine.project / ".claude/skills/mine/SKILL.md").write_text("---\nname: mine\ndescription: Mine.\n---\nGo.\n")
    lines = started(machine, "Canary7Qx: the usual", skill("mine"))
    assert count(lines, SHELL) == 4
    assert not machine.store.exists()
