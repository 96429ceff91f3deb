"""Settings: built in, a file, the environment; and a slip of the hand is an error."""

from __future__ import annotations

import sys
from importlib import import_module
from ipaddress import ip_network
from pathlib import Path

import pytest

from telemetry.community.limits import Rate
from telemetry.community.parsing import MAX_LINES
from telemetry.community.settings import FILE, PREFIX, SETTINGS, Settings, settings_of, text_of
from telemetry.contract.errors import TelemetryError
from tests.community.servers import ROOT


def test_nothing_has_to_be_set() -> None:
    """This machine only, a folder where one is."""
    assert settings_of({}) == Settings()
    assert (Settings().host, Settings().port) == ("127.0.0.1", 8620)
    assert Settings().data == Path("agentspec-community")
    assert Settings().releases == Path("agentspec-community/releases")


def test_every_setting_has_a_meaning_and_the_environment_can_set_each() -> None:
    """One table."""
    assert set(SETTINGS) == set(Settings._fields)
    assert all(setting.help and setting.wants for setting in SETTINGS.values())


def test_the_environment_stands_above_the_file_and_the_file_above_what_is_built_in(tmp_path: Path) -> None:
    """Each by the same name."""
    file = tmp_path / "server.toml"
    file.write_text('port = 1\nburst = 2\ntrusted_proxies = ["10.0.0.0/8", "::1"]\n')
    found = settings_of({f"{PREFIX}PORT": "3", "HOME": "/x"}, file)
    assert (found.port, found.burst, found.host) == (3, 2, "127.0.0.1")
    assert found.trusted_proxies == (ip_network("10.0.0.0/8"), ip_network("::1/128"))
    assert settings_of({FILE: str(file)}).port == 1
    assert settings_of({f"{PREFIX}TRUSTED_PROXIES": "10.0.0.0/8, ::1"}).trusted_proxies == found.trusted_proxies


def test_before_python_3_11_the_file_is_read_by_tomli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which is tomllib by its older name; the extra brings it there, and only there."""
    file = tmp_path / "server.toml"
    file.write_text("port = 7\n")
    monkeypatch.setitem(sys.modules, "tomli", import_module("tomllib" if sys.version_info >= (3, 11) else "tomli"))
    monkeypatch.setattr(sys, "version_info", (3, 10, 13))
    assert settings_of({}, file).port == 7
    monkeypatch.setitem(sys.modules, "tomli", None)
    with pytest.raises(ModuleNotFoundError) as missing:
        settings_of({}, file)
    assert missing.value.name == "tomli"
    extra = (ROOT / "pyproject.toml").read_text().partition("community = [")[2].partition("]")[0]
    assert "tomli>=2; python_version<'3.11'" in extra


def test_what_is_shown_can_be_read_again(tmp_path: Path) -> None:
    """`config > server.toml`, whatever was set."""
    environ = {
        f"{PREFIX}DATA": '/var/lib/a "b" \\ c',
        f"{PREFIX}REQUESTS_PER_MINUTE": "0.5",
        f"{PREFIX}TRUSTED_PROXIES": "10.0.0.0/8",
    }
    settings = settings_of(environ)
    file = tmp_path / "server.toml"
    file.write_text(text_of(settings))
    assert settings_of({}, file) == settings
    assert text_of(settings).count("# ") == len(SETTINGS)


@pytest.mark.parametrize(
    ("name", "value"),
    [("PORT", "x"), ("PORT", "65536"), ("PORT", "-1"), ("PORT", "1.5"), ("PORT", ""), ("BURST", "0"), ("DATA", " "),
     ("REPORTS_PER_HOUR", "-1"), ("REPORTS_BURST", "49"),
     ("DATA", "a\nb"), ("REQUESTS_PER_MINUTE", "nan"), ("REQUESTS_PER_MINUTE", "-1"), ("BODY_SECONDS", "0"),
     ("TRUSTED_PROXIES", "everybody"), ("TRUSTED_PROXIES", "10.0.0.1/8"), ("HOST", "")],
)  # fmt: skip
def test_a_value_that_makes_no_sense_is_refused_with_what_it_must_be(name: str, value: str) -> None:
    """In words, and by its name."""
    with pytest.raises(TelemetryError, match=f"{PREFIX}{name} must be ") as raised:
        settings_of({f"{PREFIX}{name}": value})
    assert raised.value.hint


def test_a_whole_batch_can_always_come_through_one_day() -> None:
    """However little is let in at once: else its sender would wait for ever."""
    assert settings_of({f"{PREFIX}REPORTS_BURST": str(MAX_LINES)}).reports_rate.burst == MAX_LINES
    with pytest.raises(TelemetryError):
        settings_of({f"{PREFIX}REPORTS_BURST": str(MAX_LINES - 1)})


def test_reports_are_limited_by_the_hour() -> None:
    """An office at once, and then slowly."""
    assert Settings().reports_rate == Rate(10.0, 2000)
    assert settings_of({f"{PREFIX}REPORTS_PER_HOUR": "0"}).reports_rate.per_minute == 0


@pytest.mark.parametrize(("text", "name"), [("port = true", "port"), ("port = 1.5", "port"), ("host = 1", "host"),
                                            ("trusted_proxies = [1]", "trusted_proxies")])  # fmt: skip
def test_a_file_is_held_to_the_same(tmp_path: Path, text: str, name: str) -> None:
    """Types, too."""
    file = tmp_path / "server.toml"
    file.write_text(text)
    with pytest.raises(TelemetryError, match=f"{name} must be "):
        settings_of({}, file)


def test_a_misspelt_name_is_no_shrug(tmp_path: Path) -> None:
    """A limit that nobody set would be no limit; the hint knows what was meant."""
    with pytest.raises(TelemetryError, match="no setting is called AGENTSPEC_COMMUNITY_BRUST") as raised:
        settings_of({f"{PREFIX}BRUST": "1"})
    assert f"{PREFIX}BURST" in raised.value.hint
    file = tmp_path / "server.toml"
    file.write_text("[server]\nport = 1\n")
    with pytest.raises(TelemetryError, match="no setting is called server"):
        settings_of({}, file)


@pytest.mark.parametrize("content", [b"port = ", b"\xff", None], ids=["torn", "not_utf8", "missing"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    """And nothing of it is repeated."""
    file = tmp_path / "server.toml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(TelemetryError, match=r"server\.toml: (it is no TOML|No such file)"):
        settings_of({}, file)
