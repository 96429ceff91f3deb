"""A project's settings that change what sharing depends on are noticed, whatever they say otherwise."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from telemetry.consent.surroundings import FILES, MAX_BYTES, changes_variables

TOUCHED = [
    "DO_NOT_TRACK", "DISABLE_TELEMETRY", "CI", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "HOME", "PATH",
    "XDG_STATE_HOME", "LD_PRELOAD", "DYLD_INSERT_LIBRARIES", "PYTHONPATH", "PYTHONSTARTUP", "GIT_DIR", "HTTPS_PROXY",
    "https_proxy", "no_proxy", "ALL_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSLKEYLOGFILE",
    "OPENSSL_CONF", "HOSTALIASES", "RES_OPTIONS", "AGENTSPEC_TELEMETRY_NOW", "NSS_WRAPPER_PASSWD", "CLAUDECODE",
    "CLAUDE_CONFIG_DIR", "home",
]  # fmt: skip
LEFT_ALONE = ["NODE_ENV", "DATABASE_URL", "MY_HOME", "PATHS", "CIRCLE", "ANTHROPIC_MODEL", "BASH_DEFAULT_TIMEOUT_MS"]


def settle(project: Path, text: str | bytes, name: str = "settings.json") -> Path:
    """Give a project settings; the project."""
    (project / ".claude").mkdir(exist_ok=True)
    (project / ".claude" / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return project


def changed(project: Path) -> bool:
    """The answer about a project."""
    return changes_variables(str(project))


def test_no_settings_change_nothing(tmp_path: Path) -> None:
    """Not even a .claude."""
    assert not changed(tmp_path)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("variable", TOUCHED)
def test_a_variable_that_sharing_depends_on_is_noticed(tmp_path: Path, variable: str, name: str) -> None:
    """In any file, set to anything: also to what would only turn sharing off."""
    assert changed(settle(tmp_path, json.dumps({"env": {"X": "1", variable: ""}}), name))


@pytest.mark.parametrize("variable", LEFT_ALONE)
def test_other_variables_are_a_projects_own_business(tmp_path: Path, variable: str) -> None:
    """So are all other settings."""
    assert not changed(settle(tmp_path, json.dumps({"env": {variable: "1"}, "hooks": {"HOME": {}}})))


@pytest.mark.parametrize("text", ["null", "[]", "{}", '{"env": null}', '{"env": ["HOME"]}', '{"env": "HOME"}', ""])
def test_an_env_that_is_none_changes_nothing(tmp_path: Path, text: str) -> None:
    """Claude Code does not read it either."""
    assert not changed(settle(tmp_path, text))


@pytest.mark.parametrize("text", ['{"env": {"HOME": 1}', "// HOME\n{}", "[" * 100_000 + "HOME", "\ufeff{'HOME'}"])
def test_what_cannot_be_read_is_suspected_of_what_it_mentions(tmp_path: Path, text: str) -> None:
    """Another reader may be more patient than this one."""
    assert changed(settle(tmp_path, text))


def test_what_is_too_long_is_suspected(tmp_path: Path) -> None:
    """Nobody writes a megabyte of settings."""
    assert not changed(settle(tmp_path, b'{"a": "' + b" " * (MAX_BYTES - 9) + b'"}'))
    assert changed(settle(tmp_path, b'{"a": "' + b" " * MAX_BYTES + b'"}'))


def test_an_escaped_name_is_the_same_name(tmp_path: Path) -> None:
    """JSON has more than one way to write it."""
    assert changed(settle(tmp_path, r'{"env": {"\u0048OME": "x"}}'))
    assert changed(settle(tmp_path, r'{"env": {}, "env": {"HOME": "x"}}'))


def test_what_is_no_file_is_suspected(tmp_path: Path) -> None:
    """A pipe holds nobody up."""
    (tmp_path / ".claude").mkdir()
    os.mkfifo(tmp_path / ".claude" / "settings.json")
    assert changed(tmp_path)
    (tmp_path / ".claude" / "settings.json").unlink()
    (tmp_path / ".claude" / "settings.json").mkdir()
    assert changed(tmp_path)


def test_a_link_is_followed_as_claude_code_follows_it(tmp_path: Path) -> None:
    """And one that leads nowhere is suspected."""
    (tmp_path / "elsewhere.json").write_text('{"env": {"HOME": "x"}}')
    (tmp_path / ".claude").mkdir()
    (tmp_path / ".claude" / "settings.json").symlink_to("../elsewhere.json")
    assert changed(tmp_path)
    (tmp_path / "elsewhere.json").write_text("{}")
    assert not changed(tmp_path)
    (tmp_path / "elsewhere.json").unlink()
    assert changed(tmp_path)
