"""What is really on the disk comes to the gate: one real thing per value of the gate's table."""

from __future__ import annotations

import os
import pwd
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import NoReturn

import pytest

from telemetry.consent import facts, terms
from telemetry.consent.choice import say_no
from telemetry.consent.facts import Gatherer
from telemetry.consent.gate import TO_ASK, TO_SEAL
from telemetry.contract import config as contract
from telemetry.journal.store import open_store
from tests.consent.ground import LATER, STRANGER, URL, YES, Ground, as_root_only, commit_all

Change = Callable[[Ground], None]


def test_a_persons_yes_is_enough(yes: Ground) -> None:
    """The switch is on, the receipt fits, nothing speaks against it."""
    assert yes.reason() is None


def test_without_a_word_nothing_is_shared(ground: Ground) -> None:
    """A store as the first session makes it."""
    assert ground.reason() == "sharing_off"


def test_the_switch_alone_is_a_wish(ground: Ground) -> None:
    """Written by hand, or by anybody."""
    ground.config.write_text(f"sharing: on\nendpoint: {URL}\n")
    assert ground.reason() == "no_receipt"


# --- config.yaml and the store


def no_store(ground: Ground) -> None:
    """It was deleted."""
    ground.store.rename(ground.place / "gone")


def config_broken(ground: Ground) -> None:
    """A name twice."""
    ground.config.write_text("sharing: on\nsharing: on\n")


def sharing_off(ground: Ground) -> None:
    """By hand."""
    ground.config.write_text("sharing: off\n")


def recording_off(ground: Ground) -> None:
    """By hand."""
    ground.config.write_text(f"recording: off\nsharing: on\nendpoint: {URL}\n")


def symlink(ground: Ground) -> None:
    """The store lies elsewhere."""
    ground.store.rename(ground.place / "elsewhere")
    ground.store.symlink_to(ground.place / "elsewhere")


def foreign(ground: Ground) -> None:
    """The store is somebody else's."""
    as_root_only()
    os.chown(ground.store, STRANGER, STRANGER)


def open_to_others(ground: Ground) -> None:
    """The group may write to it."""
    ground.store.chmod(0o770)


def bad_key(ground: Ground) -> None:
    """Half of it."""
    ground.key.write_bytes(bytes(16))


def tracked(ground: Ground) -> None:
    """It may have come with a clone."""
    commit_all(ground.project)


def git_unknown(ground: Ground) -> None:
    """Git gives up."""
    (ground.project / ".git").write_text("gitdir: /nowhere\n")


def project_environment(ground: Ground) -> None:
    """The project's settings say where the home is."""
    (ground.project / ".claude" / "settings.json").write_text('{"env": {"HOME": "/tmp"}}')


# --- the person's word


def no_receipt(ground: Ground) -> None:
    """It is gone."""
    ground.receipt.unlink()


def receipt_altered(ground: Ground) -> None:
    """One letter of it."""
    ground.receipt.write_text(ground.receipt.read_text().replace(URL, "https://evil.example.org"))


def said_no(ground: Ground) -> None:
    """And wrote `on` afterwards."""
    say_no(None, str(ground.store), LATER)


def other_store(ground: Ground) -> None:
    """Same place, another key: what lies here is not what was consented for."""
    ground.key.write_bytes(os.urandom(32))


def state_untrusted(ground: Ground) -> None:
    """The group could have written a receipt."""
    ground.state.chmod(0o770)


def endpoint_changed(ground: Ground) -> None:
    """By hand, or by anybody."""
    ground.config.write_text("sharing: on\nendpoint: https://evil.example.org\n")


CHANGES: list[Change] = [
    no_store, config_broken, sharing_off, recording_off, symlink, foreign, open_to_others, bad_key, tracked,
    git_unknown, project_environment, no_receipt, receipt_altered, said_no, other_store, state_untrusted,
    endpoint_changed,
]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_what_is_wrong_is_named(change: Change, yes: Ground) -> None:
    """Each by its own reason, after a yes that was good."""
    change(yes)
    assert yes.reason() == change.__name__


@pytest.mark.parametrize("kind", ["a link", "a link to nothing", "a pipe", "a folder", "a device"])
def test_a_config_that_is_no_plain_file_is_no_switch(kind: str, yes: Ground) -> None:
    """It is not taken for one that is missing, and nothing waits for a pipe."""
    yes.config.rename(yes.place / "config.yaml")
    if kind == "a pipe":
        os.mkfifo(yes.config, 0o600)
    elif kind == "a folder":
        yes.config.mkdir()
    else:
        aim = {"a link": "../../../config.yaml", "a link to nothing": "x", "a device": "/dev/zero"}[kind]
        yes.config.symlink_to(aim)
    assert yes.reason() == "config_broken"
    assert Gatherer(str(yes.project), {}).config().problems == (facts.NO_FILE,)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda ground: ground.config.chmod(0o620), "open_to_others"),
        (lambda ground: ground.config.chmod(0o602), "open_to_others"),
        (lambda ground: os.link(ground.config, ground.place / "another name"), "foreign"),
    ],
)
def test_a_config_that_others_may_write_is_no_switch(change: Change, reason: str, yes: Ground) -> None:
    """By its mode, or under another name."""
    change(yes)
    assert yes.reason() == reason


@pytest.mark.parametrize("name", [".claude", ".claude/telemetry/config.yaml"])
def test_what_somebody_else_owns_is_no_store(name: str, yes: Ground) -> None:
    """From .claude down to the switch."""
    as_root_only()
    os.chown(yes.project / name, STRANGER, STRANGER)
    assert yes.reason() == "foreign"


def test_a_linked_claude_folder_is_no_store(yes: Ground) -> None:
    """Everything in it may be another project's."""
    (yes.project / ".claude").rename(yes.place / "elsewhere")
    (yes.project / ".claude").symlink_to(yes.place / "elsewhere")
    assert yes.reason() == "symlink"


def test_a_linked_key_is_none(yes: Ground) -> None:
    """It may be another store's."""
    yes.key.rename(yes.place / "key")
    yes.key.symlink_to(yes.place / "key")
    assert yes.reason() == "bad_key"


def test_without_a_config_nothing_is_shared(yes: Ground) -> None:
    """Absent means off."""
    yes.config.unlink()
    assert yes.reason() == "sharing_off"


# --- copies


def test_a_copy_of_the_project_has_no_yes(yes: Ground, tmp_path: Path) -> None:
    """With the key and all."""
    shutil.copytree(yes.project, tmp_path / "copy", symlinks=True)
    assert _code(Gatherer(str(tmp_path / "copy"), os.environ)) == "no_receipt"


def test_a_moved_project_has_no_yes(yes: Ground, tmp_path: Path) -> None:
    """And at its old place it has one again."""
    yes.project.rename(tmp_path / "moved")
    assert _code(Gatherer(str(tmp_path / "moved"), os.environ)) == "no_receipt"
    (tmp_path / "moved").rename(yes.project)
    assert yes.reason() is None


def test_the_way_to_a_project_does_not_matter(yes: Ground, tmp_path: Path) -> None:
    """Through a link of the person's own it is the same one."""
    (tmp_path / "link").symlink_to(yes.project)
    assert _code(Gatherer(str(tmp_path / "link"), {"PATH": os.environ["PATH"]})) is None


def _code(gatherer: Gatherer) -> str | None:
    reason = gatherer.reason(LATER)
    return reason.code if reason else None


# --- surroundings, terms, time, address


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("DO_NOT_TRACK", "do_not_track"),
        ("DISABLE_TELEMETRY", "disable_telemetry"),
        ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "nonessential_traffic"),
        ("CI", "ci"),
    ],
)
def test_a_variable_turns_it_off(name: str, reason: str, yes: Ground) -> None:
    """Whatever stands in it, but for what says that it is not set."""
    for value in ("1", "true", "yes", "x", " 1 "):
        assert yes.reason(environ={name: value}) == reason
    for value in ("", "0", "false", "no", "OFF", " "):
        assert yes.reason(environ={name: value}) is None


def test_no_variable_turns_it_on(ground: Ground, tmp_path: Path) -> None:
    """Neither homes nor anything of ours."""
    ground.config.write_text(f"sharing: on\nendpoint: {URL}\n")
    environ = dict.fromkeys(("HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "USERPROFILE"), str(tmp_path))
    environ |= dict.fromkeys(("AGENTSPEC_TELEMETRY", "AGENTSPEC_TELEMETRY_SHARING", "DO_NOT_TRACK"), "0")
    assert ground.reason(environ=environ) == "no_receipt"


def test_a_person_without_a_home_has_no_word(yes: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """The password database does not know them."""

    def unknown(uid: int) -> NoReturn:
        raise KeyError(uid)

    monkeypatch.setattr(pwd, "getpwuid", unknown)
    assert yes.reason() == "no_home"


@pytest.mark.parametrize("part", ["WORDS", "report_schema", "never_capture"])
def test_new_terms_need_a_new_yes(part: str, yes: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """One word more in the dialog, one field more in the schema, one rule less."""
    changed = "x" if part == "WORDS" else lambda: {"x": 1}
    monkeypatch.setattr(terms, part, changed)
    terms.terms.cache_clear()
    assert yes.reason() == "terms_changed"
    monkeypatch.undo()
    terms.terms.cache_clear()


def test_an_installation_that_lost_its_terms_shares_nothing(yes: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """It cannot know what was consented to."""

    def damaged() -> NoReturn:
        raise OSError

    monkeypatch.setattr(facts, "terms", damaged)
    assert yes.reason() == "terms_damaged"


def test_before_the_yes_there_is_none(yes: Ground) -> None:
    """A clock that was set back."""
    assert yes.reason(YES - timedelta(minutes=11)) == "clock"
    assert yes.reason(YES - timedelta(minutes=9)) is None


def test_without_an_address_reports_wait(ground: Ground) -> None:
    """They are sealed, and leave once there is one that was consented to."""
    ground.says_yes(endpoint=None)
    assert (ground.reason(), ground.reason(rules=TO_SEAL)) == ("no_endpoint", None)
    ground.config.write_text(f"sharing: on\nendpoint: {URL}\n")
    assert ground.reason() == "endpoint_changed"


def test_a_question_may_be_asked_before_there_is_a_store(tmp_path: Path) -> None:
    """A yes makes one."""
    (tmp_path / "new").mkdir()
    assert Gatherer(str(tmp_path / "new"), {}).reason(LATER, TO_ASK) is None


def test_a_project_that_names_variables_is_not_asked_through_git(yes: Ground) -> None:
    """PATH may be among them, and name a git of the project's."""
    ran = yes.place / "ran"
    planted = yes.project / "git"
    planted.write_text(f"#!/bin/sh\ntouch {ran}\n")
    planted.chmod(0o755)
    commit_all(yes.project)
    (yes.project / ".claude" / "settings.json").write_text('{"env": {"PATH": "."}}')
    assert yes.reason(environ={"PATH": str(yes.project)}) == "project_environment"
    assert not ran.exists()


def test_facts_never_raise(tmp_path: Path) -> None:
    """Where there is nothing, where there is a file in the way, where the name is odd."""
    (tmp_path / "file").touch()
    for name in ("nothing", "file", "x" * 300, "a\nb"):
        gathered = Gatherer(str(tmp_path / name), {}).facts(LATER)
        assert gathered.fault in ("no_store", "unreadable")


def test_the_key_is_not_read_through_more_than_a_plain_file(yes: Ground) -> None:
    """A pipe in its place holds nobody up."""
    yes.key.unlink()
    os.mkfifo(yes.key, 0o600)
    assert yes.reason() == "bad_key"


def test_reading_changes_nothing(yes: Ground) -> None:
    """The gate looks, and mends nothing: not even a mode."""
    yes.store.chmod(0o770)
    with open_store(str(yes.project), create=False):
        pass
    yes.config.chmod(0o664)
    before = _as_left(yes.place)
    yes.reason()
    assert _as_left(yes.place) == before


def _as_left(place: Path) -> dict[Path, tuple[int, ...]]:
    """All that a change of anything would change; not when it was last read."""
    found = {path: path.lstat() for path in place.rglob("*")}
    return {path: (one.st_mode, one.st_ino, one.st_nlink, one.st_size, one.st_ctime_ns) for path, one in found.items()}


def test_a_problem_of_config_is_handed_on(yes: Ground) -> None:
    """For --status and doctor."""
    config_broken(yes)
    problems = Gatherer(str(yes.project), {}).config().problems
    assert problems == contract.config_of(yes.config.read_bytes()).problems != ()
