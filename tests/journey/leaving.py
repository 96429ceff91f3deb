"""What leaves of a journey whose person had said yes before it: every byte of it, searched for what must not be there.

The yes is dated two hours back, and a fortnight later everything that was recorded has settled. So every journey is
one of sharing, too, in a copy of its project: requests with their headers, outbox, sent, logs, export, withdrawals.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

from telemetry.contract import layout
from tests.canaries import traces_in
from tests.journey.machine import CANARIES, FEATURE, OTHER, Machine
from tests.people import Person, person
from tests.plugin.loopback import SECONDS
from tests.sharing.receiver import Receiver, receiving

SETTLED = timedelta(days=15)
_AFTERWARDS = """\
import shutil, sys
from telemetry.cli.main import main
store, evidence = sys.argv[1:]
codes = [main(["telemetry", "--send-now"]), main(["telemetry", "--export", evidence + "/export"])]
shutil.copytree(store, evidence + "/store")
codes.append(main(["telemetry", "--purge", "--yes"]))
sys.exit(any(codes))
"""


def check(machine: Machine, place: Path) -> None:
    """What holds after every journey in which something was recorded, and nobody shared it in the journey itself."""
    shared_already = (machine.store / layout.OUTBOX).exists()
    if shared_already or not machine.store.exists() or not machine.features(SETTLED):
        return
    evidence = place / "evidence"
    evidence.mkdir(parents=True)
    with receiving() as receiver:
        _share(machine, place, evidence, receiver)
        ledger = receiver.ledger
    assert len(ledger.counted) == len(machine.features(SETTLED))
    assert {kept.state for kept in ledger.reports.values()} == {"withdrawn"}
    assert ledger.violations == []
    keep(evidence, ledger.raw)
    traces = traces_in(evidence, [*CANARIES, FEATURE, OTHER, str(place), str(machine.project), *machine.sessions()])
    assert not traces, traces


def keep(evidence: Path, requests: Iterable[bytes]) -> None:
    """Every byte of some requests, as files."""
    for number, raw in enumerate(requests):
        (evidence / f"request-{number}").write_bytes(raw)


def _share(machine: Machine, place: Path, evidence: Path, receiver: Receiver) -> None:
    project, owner = place / machine.project.name, person(place / "owner").with_room()
    shutil.copytree(machine.project, project, symlinks=True)
    project.joinpath(*layout.STORE, layout.CONFIG).unlink(missing_ok=True)  # a journey may have turned recording off
    events = project.joinpath(*layout.STORE, layout.EVENTS)
    shutil.rmtree(events)  # what is there at the yes is never shared
    words = ("telemetry", "--enable", "--yes", "--endpoint", receiver.url)
    asked = owner.later(-2).run(*words, project=project)
    assert asked.returncode == 0, asked.stderr
    shutil.copytree(machine.store / layout.EVENTS, events, dirs_exist_ok=True)
    _run(owner.later(SETTLED / timedelta(hours=1)), project, evidence)


def _run(somebody: Person, project: Path, evidence: Path) -> None:
    store = project.joinpath(*layout.STORE)
    ran = subprocess.run(
        [sys.executable, "-I", "-c", f"{somebody.first}\n{_AFTERWARDS}", str(store), str(evidence)], cwd=project,
        env=somebody.environ, stdin=subprocess.DEVNULL, capture_output=True, check=False, text=True, timeout=SECONDS,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
