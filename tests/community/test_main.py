"""The command: every verb answers for itself, and every error is told in words."""

from __future__ import annotations

import json
import subprocess
from datetime import datetime, timezone
from importlib import import_module
from pathlib import Path

import pytest

from telemetry.community.main import BUG, VERBS, guarded, main
from telemetry.community.records import Accepted
from telemetry.community.verbs import quarantine
from telemetry.contract.errors import TelemetryError
from tests.community.memory import QueueInMemory, batch
from tests.community.servers import command, environ_of, serving
from tests.sharing.lines import id_of, line_of, lines_of


@pytest.mark.parametrize("name", VERBS)
def test_every_verb_is_there_and_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What it does, its options, an example."""
    verb = import_module(VERBS[name].module)
    assert callable(verb.run)
    with pytest.raises(SystemExit, match="0"):
        main([name, "--help"])
    shown = capsys.readouterr().out
    assert verb.HELP.splitlines()[0] in shown
    assert f"agentspec-community {name}" in shown


def test_a_slip_of_the_hand_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """With all the verbs."""
    with pytest.raises(SystemExit, match="2"):
        main(["serv"])
    assert "no verb 'serv'" in capsys.readouterr().err
    assert main([]) == 0
    shown = capsys.readouterr().out
    assert all(f"  {name}" in shown for name in VERBS)


def test_what_is_expected_is_told_with_its_hint(capsys: pytest.CaptureFixture[str]) -> None:
    """And nothing else."""

    def fail() -> int:
        raise TelemetryError("it is broken", "Mend it.")

    assert guarded(fail) == 1
    assert capsys.readouterr().err == "agentspec-community: it is broken\n  Mend it.\n"


def test_a_bug_is_told_without_its_words(capsys: pytest.CaptureFixture[str]) -> None:
    """They may hold what a report said."""

    def fail() -> int:
        raise ValueError("alice@example.org")

    assert guarded(fail) == BUG
    told = capsys.readouterr().err
    assert "ValueError" in told
    assert "main.py" in told
    assert "alice" not in told


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("uvicorn.protocols", "'agentspec-telemetry[community]'"),
        ("httptools", "'agentspec-telemetry[community]'"),
        ("tomli", "'agentspec-telemetry[community]'"),
        ("opendp.prelude", "'agentspec-telemetry[release]'"),
        ("yaml", "agentspec-telemetry"),
        ("ruamel.yaml", "agentspec-telemetry"),
        ("requests", "agentspec-telemetry"),
        ("no_such_package_of_anybody", "'agentspec-telemetry[community]'"),
    ],
)
def test_a_missing_package_is_told_by_the_extra_that_brings_it(
    capsys: pytest.CaptureFixture[str], name: str, wanted: str
) -> None:
    """Not as a bug; the extra is that of our own metadata, and none where everybody has it."""

    def fail() -> int:
        raise ModuleNotFoundError(name=name)

    assert guarded(fail) == 1
    package = name.partition(".")[0]
    assert capsys.readouterr().err == (
        f"agentspec-community: the package {package} is not installed\n  pip install {wanted} brings it.\n"
    )


def test_a_package_that_cannot_be_imported_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    """As Python says it."""

    def fail() -> int:
        import_module("no_such_package_of_anybody.part")
        return 0

    assert guarded(fail) == 1
    assert "the package no_such_package_of_anybody is not installed" in capsys.readouterr().err


def test_settings_are_shown_as_they_hold(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """From the environment, too."""
    monkeypatch.setenv("AGENTSPEC_COMMUNITY_BURST", "17")
    assert main(["config"]) == 0
    assert "burst = 17\n" in capsys.readouterr().out
    monkeypatch.setenv("AGENTSPEC_COMMUNITY_BURST", "many")
    assert main(["config"]) == 1


def test_a_new_folder_is_made_ready(tmp_path: Path) -> None:
    """And a ready one stays as it is."""
    for _ in range(2):
        done = subprocess.run(
            command("migrate"), env=environ_of(tmp_path / "new"), capture_output=True, text=True, check=True
        )
        assert "up to date, 0 reports waiting" in done.stdout
    assert (tmp_path / "new").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("words", [("simulate", "--count", "1", "--out", "no/such/folder"), ("release", "--make-key")])
def test_a_file_that_cannot_be_had_is_no_bug_of_ours(words: tuple[str, ...], tmp_path: Path) -> None:
    """It is named, with what to do."""
    (tmp_path / "file").touch()
    told = subprocess.run(
        command(*words),
        env=environ_of(tmp_path / "file" / "x"),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 1
    assert "must be there" in told.stderr


def test_who_is_in_the_wrong_folder_is_told_and_leaves_nothing_there(tmp_path: Path) -> None:
    """An empty quarantine would read as if all were well."""
    told = subprocess.run(
        command("quarantine"), env=environ_of(tmp_path / "x"), capture_output=True, text=True, check=False
    )
    assert told.returncode == 1
    assert "no server has kept anything" in told.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_operator_lists_releases_and_drops(tmp_path: Path) -> None:
    """Here, on the machine, with reports that contradict themselves."""
    with serving(tmp_path) as server:
        server.ask("POST", "/v1/reports", *batch(lines_of(1, 2)))
        assert server.ends() == 0

    def says(*words: str, code: int = 0) -> str:
        done = subprocess.run(
            command("quarantine", *words), env=environ_of(server.data), capture_output=True, text=True, check=False
        )
        assert done.returncode == code, done.stderr
        return done.stdout + done.stderr

    assert says().split() == ["2", "time_without_phase"]
    assert says("--list").split() == [id_of(1), "time_without_phase", id_of(2), "time_without_phase"]
    listed = json.loads(says("--list", "--json"))
    assert listed == [{"id": id_of(number), "reason": "time_without_phase"} for number in (1, 2)]
    assert json.loads(says("--json")) == {"time_without_phase": 2}
    assert json.loads(says("--show", id_of(2))) == json.loads(line_of(2))["report"]
    assert json.loads(line_of(2))["withdrawal"] not in says("--show", id_of(2))
    assert "not in quarantine" in says("--show", id_of(3), code=1)
    assert "goes with --list" in says("--drop", "all", "--json", code=1)
    assert "not in quarantine" in says("--drop", id_of(3), code=1)
    assert "1 dropped" in says("--drop", id_of(1))
    assert "1 released" in says("--release", "all")
    assert "nothing is in quarantine" in says("--list")
    assert (json.loads(says("--list", "--json")), json.loads(says("--json"))) == ([], {})
    with serving(tmp_path) as server:
        assert server.ends() == 0
    assert "nothing is in quarantine" in says()


@pytest.mark.parametrize("body", [b"\x1b[2J", b"[]", b'{"report', b'{"version":1}', b"\xff", b"[" * 100_000])
def test_what_is_no_report_is_not_shown(body: bytes) -> None:
    """Whatever lies there, an operator's terminal gets none of it, and the operator a way out."""
    queue = QueueInMemory()
    queue.put([Accepted(id_of(1), "0" * 64, body)], datetime.now(timezone.utc))
    with pytest.raises(TelemetryError, match="cannot be read") as told:
        quarantine.shown(queue, id_of(1))
    assert "Drop it" in told.value.hint
    with pytest.raises(TelemetryError, match="gone meanwhile"):
        quarantine.shown(queue, id_of(2))


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    """With what to do."""
    with serving(tmp_path) as server:
        done = subprocess.run(
            command("serve"), env=environ_of(tmp_path / "other", port=server.port), capture_output=True, text=True,
            check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert "cannot be listened on" in done.stderr
    assert "AGENTSPEC_COMMUNITY_PORT" in done.stderr
