"""What is on the disk when: the order of writes, renames and requests, as the system saw them.

A kill cannot show it, since what a killed process wrote is there; a cut of power would, and none is at hand.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.people import person
from tests.sharing.projects import project_in, ship
from tests.sharing.receiver import receiving

CALLS = "openat,write,fsync,rename,renameat,renameat2,sendto,recvfrom"
REPORT = r"[0-9a-f-]{36}\.report"


@pytest.fixture
def calls(tmp_path: Path) -> str:
    """The system calls of a `--send-now` that seals a feature and sends it, one a line, paths shortened."""
    somebody, project, log = person(tmp_path), project_in(tmp_path), tmp_path / "strace.log"
    strace = shutil.which("strace")
    assert strace, "strace is needed: apt-get install strace"
    with receiving() as receiver:
        enabled = somebody.run("telemetry", "--enable", "--yes", "--endpoint", receiver.url, project=project)
        assert enabled.returncode == 0, enabled.stderr
        ship(project, "ORDERS")
        subprocess.run(
            [strace, "-f", "-y", "-qq", "-s", "32", "-e", f"trace={CALLS}", "-o", str(log),
             sys.executable, "-I", "-m", "telemetry.cli.main", "telemetry", "--send-now"],
            cwd=project, env=somebody.environ, check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        assert len(receiver.ledger.counted) == 1
    return log.read_text(encoding="utf-8", errors="replace").replace(f"{project}/.claude/telemetry", "STORE")


def _come_in_this_order(calls: str, *patterns: str) -> None:
    """Each pattern is found behind the one before."""
    place = 0
    for pattern in patterns:
        found = re.compile(pattern).search(calls, place)
        assert found, f"{pattern} is missing, or too early, in\n{calls[place:]}"
        place = found.end()


def test_a_report_is_on_the_disk_before_it_is_noted_and_noted_before_it_leaves(calls: str) -> None:
    """File, name, note, its name, its way out, and only then the request."""
    _come_in_this_order(
        calls,
        r"write\(\d+<STORE/outbox/\.draft-",
        r"fsync\(\d+<STORE/outbox/\.draft-",
        rf"rename\w*\(\d+<STORE/outbox>, \"\.draft-\w+\", \d+<STORE/outbox>, \"{REPORT}\"",
        r"fsync\(\d+<STORE/outbox>",
        r"write\(\d+<STORE/sealed\.jsonl>",
        r"fsync\(\d+<STORE/sealed\.jsonl>",
        r"fsync\(\d+<STORE>",
        rf"rename\w*\(\d+<STORE/outbox>, \"{REPORT}\", \d+<STORE/sending>",
        r"fsync\(\d+<STORE/sending>",
        r"sendto\(\d+<[^>]*>, \"POST /v1/reports",
    )


def test_an_answer_is_noted_before_the_report_is_carried_over(calls: str) -> None:
    """So that what lies in sent/ has its receipt."""
    _come_in_this_order(
        calls,
        r"sendto\(\d+<[^>]*>, \"POST /v1/reports",
        r"recvfrom\(",
        rf"write\(\d+<STORE/sending/{REPORT}>",
        rf"rename\w*\(\d+<STORE/sending>, \"{REPORT}\", \d+<STORE/sent>",
        r"fsync\(\d+<STORE/sent>",
    )


def test_a_new_folder_is_known_to_the_disk_before_a_report_is_carried_into_it(calls: str) -> None:
    """Else a cut of power would take the folder, and the report with it."""
    for name, state in (("outbox", "sending"), ("sending", "sent")):
        _come_in_this_order(
            calls,
            rf"openat\(\d+<STORE>, \"{state}\", .* ENOENT",
            r"fsync\(\d+<STORE>",
            rf"rename\w*\(\d+<STORE/{name}>, .*<STORE/{state}>",
        )


def test_nothing_of_a_report_is_written_but_by_draft_and_by_adding_to_it(calls: str) -> None:
    """No file that is there is ever emptied, none is written in place."""
    opened = re.findall(r'openat\(\d+<STORE[^>]*>, "([^"]+)", (\S+)', calls)
    written = {name[:7] for name, flags in opened if "O_WRONLY" in flags and "O_APPEND" not in flags}
    assert written == {".draft-"}
    assert not [flags for _, flags in opened if "O_TRUNC" in flags]
