"""What is put into a settings file is added to it, and comes out again without a trace."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from telemetry.install.recognising import ours_in, registered_hooks
from telemetry.install.registering import register
from telemetry.install.removing import remove
from tests.install.settings_texts import WANTED, settings_texts


def _value(text: str) -> Any:
    return json.loads(text.removeprefix("\ufeff"))


def _without_ours(new: dict[str, Any], old: dict[str, Any]) -> dict[str, Any]:
    hooks = {
        event: [group for group in groups if group not in WANTED.get(event, [])]
        for event, groups in new["hooks"].items()
    }
    kept = {event: groups for event, groups in hooks.items() if groups or event in old.get("hooks", {})}
    rest = {key: value for key, value in new.items() if key != "hooks"}
    return {**rest, "hooks": kept} if kept or "hooks" in old else rest


@given(settings_texts())
def test_removing_gives_back_the_very_same_text(text: str) -> None:
    """Whatever the formatting: install, then uninstall, and every byte is as it was."""
    registered = register(text, WANTED)
    assert remove(registered.text, registered.made) == text


@given(settings_texts())
def test_registering_adds_our_hooks_and_changes_nothing_else(text: str) -> None:
    """The new settings are the old ones and ours, in the order of the old ones."""
    old, new = _value(text), _value(register(text, WANTED).text)
    assert _without_ours(new, old) == old
    assert [key for key in new if key in old] == list(old)
    assert ours_in(register(text, WANTED).text) == WANTED


@given(settings_texts())
def test_registering_only_inserts(text: str) -> None:
    """Every character of the old text is in the new one, in the same order."""
    rest = iter(register(text, WANTED).text)
    assert all(character in rest for character in text)


@given(settings_texts())
def test_registering_keeps_the_line_ends(text: str) -> None:
    """No line end is put in that the file does not use already, if it uses any."""
    new = register(text, WANTED).text
    if "\r\n" in text:
        assert new.replace("\r\n", "").count("\n") == text.replace("\r\n", "").count("\n")
    elif "\n" in text:
        assert "\r" not in new


@given(settings_texts(), settings_texts())
def test_registered_hooks_sees_ours_and_only_ours(text: str, other: str) -> None:
    """The doctor's question is answered from the text alone."""
    assert not registered_hooks(text)
    assert registered_hooks(register(other, WANTED).text)


@given(settings_texts())
def test_without_a_ledger_only_what_is_empty_may_go(text: str) -> None:
    """When the store has been deleted, our entries are still found, and what holds something stays."""
    left, old = _value(remove(register(text, WANTED).text)), _value(text)
    kept = {event: groups for event, groups in old.get("hooks", {}).items() if groups or event not in WANTED}
    expected = {key: value for key, value in old.items() if key != "hooks"}
    assert left == ({**expected, "hooks": kept} if kept else expected)


@given(settings_texts(), st.sampled_from([None, 2, "\t"]))
def test_a_settings_file_that_was_written_anew_loses_only_ours(text: str, indent: int | str | None) -> None:
    """Claude Code rewrites the file when it adds a permission: ours are found wherever they are."""
    registered = register(text, WANTED)
    edited = {**_value(registered.text), "permissions": {"allow": ["Bash(ls:*)"]}}
    left = remove(json.dumps(edited, indent=indent), registered.made)
    assert json.loads(left) == {**_value(text), "permissions": {"allow": ["Bash(ls:*)"]}}


@given(settings_texts())
def test_a_hook_added_beside_ours_stays(text: str) -> None:
    """Also in a group of ours, before and after our hook."""
    registered = register(text, WANTED)
    settings = _value(registered.text)
    theirs = {"type": "command", "command": "theirs"}
    for group in settings["hooks"]["Stop"]:
        if group in WANTED["Stop"]:
            group["hooks"] = [theirs, *group["hooks"], theirs]
    left = json.loads(remove(json.dumps(settings), registered.made))
    assert left["hooks"]["Stop"][-1]["hooks"] == [theirs, theirs]
    assert not registered_hooks(json.dumps(left))
