"""Sessions that are resumed, forked, cleared, compacted, escaped and closed."""

from __future__ import annotations

from telemetry.contract.records import Errors
from tests.journey.api import Api, bash, hangs, says, serving, uses
from tests.journey.life import saves
from tests.journey.machine import FEATURE, PATIENCE, Machine
from tests.journey.terminal import terminal


def turns(machine: Machine) -> int:
    """How many turns have come to their end."""
    return machine.told().count("turn ended")


def test_a_resumed_session_goes_on_with_the_phase(machine: Machine) -> None:
    """The document comes only the next time, after a plain prompt."""
    machine.plays("/define Canary7Qx idea", says())
    machine.plays("Canary7Qx: go on", saves(machine, "DEFINE"), says(), arguments=("--continue",))
    assert len({event["session"] for event in machine.events()}) == 1
    feature = machine.feature()
    assert feature.started == feature.completed == {"define"}
    assert feature.record.outcome.iterations == 0


def test_a_forked_session_finishes_what_the_first_began(machine: Machine) -> None:
    """Under a session id of its own."""
    machine.plays(f"/define {FEATURE}", says())
    machine.plays("Canary7Qx: on", saves(machine, "DEFINE"), says(), arguments=("--continue", "--fork-session"))
    assert len({event["session"] for event in machine.events()}) == 2
    feature = machine.feature()
    assert feature.started == feature.completed == {"define"}
    assert feature.record.outcome.iterations == 0


def test_a_cleared_session_is_over_and_the_next_one_is_ordinary(machine: Machine) -> None:
    """Typed in a terminal: a phase, /clear, a plain prompt."""
    api = Api((saves(machine, "DEFINE"), says(), says()), before=machine.wait_for_hooks)
    with serving(api), terminal(machine, api) as screen:
        screen.types(f"/define {FEATURE}")
        machine.wait_until(lambda: turns(machine) == 1)
        screen.types("/clear")
        machine.wait_until(lambda: "session ended: clear" in machine.told())
        screen.types("Canary7Qx hello")
        machine.wait_until(lambda: api.asked == 3)
        screen.types("/exit")
        screen.process.wait(PATIENCE)
    machine.wait_for_hooks()
    assert machine.told()[-2:] == ["turn ended", "session ended: clear"]
    assert turns(machine) == 1


def test_a_compacted_session_goes_on_with_the_phase(machine: Machine) -> None:
    """The agent that compacts is nobody's; the phase after it is the same session's."""
    replies = (saves(machine, "DEFINE"), says(), saves(machine, "BUILD_REPORT"), says())
    api = Api(replies, before=machine.wait_for_hooks)
    with serving(api), terminal(machine, api) as screen:
        screen.types(f"/define {FEATURE}")
        machine.wait_until(lambda: turns(machine) == 1)
        others = api.others
        screen.types("/compact")
        machine.wait_until(lambda: api.others > others)
        screen.types(f"/build {machine.path('DESIGN')}")
        machine.wait_until(lambda: turns(machine) == 2)
        screen.types("/exit")
        screen.process.wait(PATIENCE)
    machine.wait_for_hooks()
    assert len({event["session"] for event in machine.events()}) == 1
    assert machine.feature().completed == {"define", "build"}
    assert machine.feature().agent_runs == {}
    assert machine.told()[-1] == "session ended: prompt_input_exit"


def test_closing_the_terminal_ends_the_session(machine: Machine) -> None:
    """The window is gone; the hook is not disturbed by it."""
    api = Api((saves(machine, "DEFINE"), says()), before=machine.wait_for_hooks)
    with serving(api), terminal(machine, api) as screen:
        screen.types(f"/define {FEATURE}")
        machine.wait_until(lambda: turns(machine) == 1)
        screen.close()
        screen.process.wait(PATIENCE)
    machine.wait_until(lambda: "session ended: other" in machine.told())
    assert machine.feature().completed == {"define"}


def test_a_phase_that_was_escaped_and_taken_up_again_is_recovered(machine: Machine) -> None:
    """Escape runs no hook at all; the next command tells that the first run came to nothing."""
    api = Api((uses(bash("true")), hangs(), saves(machine, "DEFINE"), says()), before=machine.wait_for_hooks)
    with serving(api), terminal(machine, api) as screen:
        screen.types(f"/define {FEATURE}")
        assert api.hanging.wait(PATIENCE)
        screen.presses_escape()
        screen.types(f"/define {FEATURE} --judge")
        machine.wait_until(lambda: turns(machine) == 1)
        screen.close()
        screen.process.wait(PATIENCE)
    machine.wait_until(lambda: "session ended: other" in machine.told())
    assert machine.feature().record.errors == Errors("define", "interrupted", True)
    assert machine.feature().record.outcome.iterations == 0
