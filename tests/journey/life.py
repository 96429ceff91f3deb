"""The life of one feature, scene by scene: what a person types, and what the model does about it."""

from __future__ import annotations

from typing import NamedTuple

from tests.journey import documents
from tests.journey.api import Block, Reply, agent, bash, edit, read, says, uses, write
from tests.journey.machine import AGENTSPEC, DESIGN, FEATURE, Machine

AGENT, DOMAIN = "canary-7qx-agent", "canary-7qx-domain"
LOAD, TEST = "src/canary7qx/load.py", "tests/test_canary7qx.py"
INFRA, MODEL = "infra/Canary7Qx.tf", "models/canary_7qx.sql"
PLAN = ((LOAD, "@python-developer"), (TEST, "@test-generator"), (INFRA, "(general)"), (MODEL, f"@{AGENT}"))
BUILT = (
    (LOAD, 80, "@python-developer", "✅"),
    (TEST, 30, "(direct)", "❌"),
    (INFRA, 20, "(direct)", "✅"),
    (MODEL, 40, f"@{AGENT}", "✅"),
)
# As AgentSpec's commands write it down for the model.
_JUDGING = """\
MODEL=""
STRICT_FLAG=""
python3 {judge} \\
  "{document}" \\
  --phase {phase} \\
  ${{MODEL:+--model "$MODEL"}} \\
  ${{STRICT_FLAG}} \\
  --context "Canary7QxContext. FEATURE: {feature}"
"""


class Scene(NamedTuple):
    """A session: one prompt, and the model's replies to it."""

    prompt: str
    replies: tuple[Reply, ...]


def furnish(machine: Machine) -> None:
    """What a person has of their own: an agent and a knowledge domain."""
    files = {
        f".claude/agents/{AGENT}.md": f"---\nname: {AGENT}\ndescription: Mine.\n---\nWork.\n",
        f".claude/kb/{DOMAIN}/index.md": "Canary7QxPage",
    }
    for name, text in files.items():
        file = machine.project / name
        file.parent.mkdir(parents=True)
        file.write_text(text)


def whole_life(machine: Machine) -> list[Scene]:
    """Five sessions. A second of thinking in each of define, design and build gives them a duration."""
    return [_brainstorm(machine), _define(machine), _design(machine), _build(machine), _ship(machine)]


def judging(machine: Machine, phase: str) -> Block:
    """The model runs the judge as the phase's command tells it to."""
    script, document = AGENTSPEC / "scripts/judge.py", machine.document(phase.upper())
    return bash(_JUDGING.format(judge=script, document=document, phase=phase, feature=FEATURE))


def _brainstorm(machine: Machine) -> Scene:
    saved = write(machine.document("BRAINSTORM"), documents.brainstorm())
    return Scene('/brainstorm "Canary7Qx: an idea of mine"', (uses(saved), says()))


def _define(machine: Machine) -> Scene:
    before, own = machine.document("BRAINSTORM"), machine.document("DEFINE")
    unclear = documents.define("Needs Clarification", "9/15", f"dbt, airflow, {DOMAIN}")
    replies = (
        uses(write(own, unclear), seconds=1.1),
        uses(edit(own, "| Needs Clarification |", "| Ready for Design |"), edit(own, "9/15", "13/15")),
        uses(read(before)),
        uses(edit(before, "Ready for Define", "✅ Complete (Defined)")),
        uses(judging(machine, "define")),
        says(),
    )
    return Scene(f"/define {machine.path('BRAINSTORM')} --judge", replies)


def _design(machine: Machine) -> Scene:
    own, kb = machine.document("DESIGN"), AGENTSPEC / "kb/dbt"
    failing = f"STANDIN_VERDICT=FAIL python3 {AGENTSPEC}/scripts/judge.py '{own}' --phase design --json"
    replies = (
        uses(read(kb / "index.md"), read(kb / "patterns/incremental.md")),
        uses(read(machine.project / f".claude/kb/{DOMAIN}/index.md")),
        uses(write(own, documents.design(*PLAN)), seconds=1.1),
        uses(bash(failing)),
        uses(edit(own, "Canary7QxPurpose | @test", "Canary7QxReason | @test")),
        uses(judging(machine, "design")),
        says(),
    )
    return Scene(f"{DESIGN} {machine.path('DEFINE')} --judge=strict", replies)


def _build(machine: Machine) -> Scene:
    own, project = machine.document("BUILD_REPORT"), machine.project
    panel = f"STANDIN_VERDICT=WARN {AGENTSPEC}/tools/spec-judge/spec-judge '{own}' --tier standard --json"
    replies = (
        uses(agent("agentspec:python:python-developer"), agent(AGENT)),
        uses(write(project / LOAD, "canary7qx = 1\n"), write(project / TEST, "Canary7Qx\n")),
        uses(write(own, documents.build_report(*BUILT, status="🔄 In Progress")), seconds=1.1),
        uses(edit(own, "🔄 In Progress", "✅ Complete")),
        uses(bash(panel)),
        says(),
    )
    return Scene(f"/build {machine.path('DESIGN')}", replies)


def _ship(machine: Machine) -> Scene:
    own = machine.document("SHIPPED")
    replies = (uses(bash(f"mkdir -p '{own.parent}'")), uses(write(own, documents.shipped())), says())
    return Scene(f"/ship {machine.path('DEFINE')}", replies)


def saves(machine: Machine, kind: str, feature: str = FEATURE, text: str = "") -> Reply:
    """The model saves a phase's document."""
    return uses(write(machine.document(kind, feature), text or _TEXTS[kind]))


_TEXTS = {
    "BRAINSTORM": documents.brainstorm(),
    "DEFINE": documents.define(),
    "DESIGN": documents.design(*PLAN),
    "BUILD_REPORT": documents.build_report(*BUILT),
    "SHIPPED": documents.shipped(),
}
