"""The documents say what is: commands exist, shown outputs are what is printed, lists are complete."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from telemetry import __version__
from telemetry.cli import boundary, codes
from telemetry.community.openapi import OPERATIONS
from telemetry.contract import layout
from telemetry.journal.furnish import README_TEXT

ROOT = Path(__file__).resolve().parents[2]


def text_of(name: str) -> str:
    """A document of the project."""
    return (ROOT / name).read_text(encoding="utf-8")


@cache
def demo() -> str:
    """What `make demo` prints. It runs: it plays the hooks of hooks.json without a sound and ends well."""
    command = [sys.executable, str(ROOT / "scripts" / "demo.py")]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_the_screens_in_the_readme_are_what_make_demo_prints() -> None:
    """To the letter."""
    shown = text_of("README.md").split("$ agentspec insights\n", 1)[1].split("```", 1)[0]
    assert shown.strip() in demo()
    compared = text_of("README.md").split("$ agentspec insights --community\n", 1)[1].split("```", 1)[0]
    printed = demo().splitlines()
    assert [line for line in compared.splitlines() if line not in printed] == []


def test_the_demo_shows_what_the_seed_promises_of_a_community() -> None:
    """The best team of each of its three kinds of work, all from the data, and something to take up."""
    screen = demo().split("AGENT EFFECTIVENESS (Community Data)", 1)[1]
    for title, one, other in (
        ("Data Pipelines", "spark-specialist", "test-generator"),
        ("Infrastructure", "infra-deployer", "terraform-specialist"),
        ("AI/LLM Features", "extraction-specialist", "llm-specialist"),
    ):
        assert f"Best for {title}:\n  @{one} + @{other} (" in screen
    assert "RECOMMENDED PATTERNS\n━━━━━━━━━━━━━━━━━━━━\n• " in screen


def test_the_demos_own_reports_are_among_those_of_the_community() -> None:
    """By the real daemon; one that shared nothing would show the strangers alone."""
    assert "The demo's daemon has shared 12 reports" in demo()


def test_the_python_example_in_the_readme_runs(tmp_path: Path) -> None:
    """It records one feature in the current folder's store."""
    example = text_of("README.md").split("```python\n", 1)[1].split("```", 1)[0]
    path = f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
    subprocess.run([sys.executable, "-c", path + example], cwd=tmp_path, check=True, env={"HOME": "/nonexistent"})
    events = "".join(file.read_text() for file in (tmp_path / ".claude/telemetry/events").iterdir())
    assert [json.loads(line)["kind"] for line in events.split("\n") if line] == ["phase_started", "phase_ended"]


def help_of(*words: str) -> str:
    """What `agentspec … --help` prints."""
    command = [sys.executable, "-m", "telemetry.cli.main", *words, "--help"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def test_every_verb_and_option_in_the_readme_is_in_the_help() -> None:
    """A documented command is a command."""
    documented = re.findall(r"`(agentspec [^`]+)`", text_of("README.md"))
    assert len(documented) >= 5
    for command in documented:
        shown = help_of(command.split()[1])
        for option in re.findall(r"--[a-z]+", command):
            assert option in shown, command


def test_every_verb_is_in_the_readme() -> None:
    """A command nobody is told of does not exist."""
    shown = help_of()
    verbs = re.findall(r"^  ([a-z]+) {2,}\S", shown.split("verbs:")[1].split("\n\n")[0], re.MULTILINE)
    assert len(verbs) >= 5
    assert [verb for verb in verbs if f"agentspec {verb}" not in text_of("README.md")] == []


def test_the_exit_codes_in_the_readme_and_the_help_are_those_there_are() -> None:
    """0 and 2 are everybody's: done, and argparse's word for a slip."""
    there = {0, 2, boundary.EXPECTED, boundary.BUG, boundary.INTERRUPTED, boundary.BROKEN_PIPE}
    in_help = help_of().partition("exit codes:")[2]
    assert {int(code) for code in re.findall(r"^  (\d+) ", in_help, re.MULTILINE)} == there
    in_readme = text_of("README.md").partition("Every command ends with ")[2].partition("\n\n")[0]
    assert {int(code) for code in re.findall(r"\b\d+\b", in_readme)} == there


def test_make_targets_in_the_documents_exist() -> None:
    """`make x` works wherever it is said."""
    targets = set(re.findall(r"^([a-z-]+):", text_of("Makefile"), re.MULTILINE))
    named = {
        name
        for document in ("README.md", "CONTRIBUTING.md")
        for name in re.findall(r"make ([a-z-]+)", text_of(document))
    }
    assert named and named <= targets


def test_links_between_documents_lead_somewhere() -> None:
    """Every relative link in a document is a file."""
    documents = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("hooks/*.md")]
    for document in documents:
        for link in re.findall(r"\]\((?!https?:)([^)#]+)\)", document.read_text(encoding="utf-8")):
            assert (document.parent / link).exists(), f"{document.name}: {link}"


def test_every_decision_is_in_the_list_of_decisions() -> None:
    """And no listed one is missing."""
    pages = {page.name for page in (ROOT / "docs" / "decisions").glob("0*.md")}
    assert pages == set(re.findall(r"\((0[^)]+\.md)\)", text_of("docs/decisions/README.md")))


def test_the_changelog_begins_with_the_version() -> None:
    """The newest heading is the package's version."""
    assert re.findall(r"^## (\S+)", text_of("CHANGELOG.md"), re.MULTILINE)[0] == __version__


def test_every_code_the_doctor_knows_is_explained_to_readers() -> None:
    """docs/failures.md and doctor speak of the same codes."""
    documented = set(
        re.findall(r"`([a-z_]+)`", " ".join(re.findall(r"^\| (.+?) \|", text_of("docs/failures.md"), re.MULTILINE)))
    )
    assert set(codes._CODES) <= documented


def test_every_code_the_store_raises_is_known_to_the_doctor() -> None:
    """No StoreRefused with a word nobody explains."""
    raised = {
        code
        for module in (ROOT / "telemetry" / "journal").glob("*.py")
        for code in re.findall(r'StoreRefused\("([a-z_]+)"\)', module.read_text(encoding="utf-8"))
    }
    assert raised and raised <= set(codes._CODES)


def test_the_list_of_hooks_names_every_event_of_hooks_json() -> None:
    """hooks/README.md is complete."""
    events = json.loads(text_of("hooks/hooks.json"))["hooks"]
    listed = text_of("hooks/README.md")
    assert [event for event in events if event not in listed] == []


def test_the_stores_own_readme_names_what_can_lie_in_it() -> None:
    """A person who opens the folder finds every name explained."""
    for name in (layout.EVENTS, layout.CONFIG, layout.KEY, layout.OPEN, layout.DEBUG, layout.CACHE, "installed.json"):
        assert name in README_TEXT


ROOMS = [
    "contract", "capture", "journal", "features", "insights", "install", "consent", "sharing", "community", "cli"
]  # fmt: skip


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_is_in_the_architecture(room: str) -> None:
    """And its package says what it is for."""
    assert f"`telemetry/{room}/`" in text_of("ARCHITECTURE.md")
    assert text_of(f"telemetry/{room}/__init__.py").startswith('"""')


# --- the guide for operators


def test_every_command_of_the_server_in_the_documents_is_in_its_help() -> None:
    """And every verb is in the guide."""
    guide = text_of("docs/community.md")
    said = re.findall(r"agentspec-community ([a-z]+)([^`\n]*)", guide + text_of("README.md"))
    assert said
    for verb, options in said:
        shown = server_help(verb)
        assert [option for option in re.findall(r"--[a-z-]+", options) if option not in shown] == [], verb
    listed = server_help().split("verbs:")[1].split("\n\n")[0]
    assert set(re.findall(r"^  ([a-z]+) {2,}\S", listed, re.MULTILINE)) <= {verb for verb, _ in said} | {"config"}


def server_help(*words: str) -> str:
    """What `agentspec-community … --help` prints."""
    command = [sys.executable, "-m", "telemetry.community.main", *words, "--help"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def test_every_path_of_the_server_is_in_the_guide() -> None:
    """And every path in the guide is one that the server answers."""
    told = set(re.findall(r"`(GET|POST) (/[^`]*)`", text_of("docs/community.md")))
    assert told == set(OPERATIONS)
