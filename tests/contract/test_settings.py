"""The switch in config.yaml: off in any spelling, and off where it cannot be read."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from telemetry.contract.settings import DEFAULTS, is_recording, is_sharing, number
from telemetry.journal.furnish import CONFIG_TEXT

ON = [
    "",
    "recording: on",
    "recording: on  # yes, please",
    "recording: true\r\nretention_days: 30\r\n",
    "recording: 'yes'",
    '"recording": "on"',
    "\ufeffrecording: on",
    "recording : ON",
    "# recording: off\nrecording: on",
    "  # recording: off",
    "retention_days: 30",
    "endpoint: https://recording.example.org/v1",
    "sharing: off  # recording goes on, though [see above]",
]
OFF = [
    "recording: off",
    "recording: Off # for now",
    "recording: OFF",
    "recording: 'off'",
    '"recording": off',
    "recording: false",
    "recording: no",
    "recording: n",
    "recording: 0",
    "recording: ~",
    "recording:",
    "recording:off",
    "recording: on off",
    'recording: on"',
    "recording: 'on\"",
    "recording: '",
    "recording: on\nrecording: off",
    "recording: off\nrecording: on",
    "Recording: off",
    "RECORDING = off",
    "recording = off",
    "recording: o\u200bn",
    "  recording: off",
    "sharing:\n  recording: on",
    "{recording: off}",
    '{"recording": false, "retention_days": 30}',
    "? recording\n: off",
    "recording: &x off",
    "a: &x off\nrecording: *x",
    "recording: !!bool off",
    "recording: >-\n  off",
    "<<: {recording: off}",
    "\ufeffrecording: off",
    "retention_days: 30\rrecording: off",
    r'"recor\x64ing": off',
    r'"\u0072ecording": off',
    "recording: off".encode("utf-16").decode("utf-8", "replace"),
    "recording: off".encode("utf-16-be").decode("utf-8", "replace"),
    "recordings: off",
    "- recording: off",
    "{\nendpoint: x, recording: off}",
    '{"x\\\nsharing: on # y", recording: off}',
    "recording: on\nendpoint: {recording: off}",
]
SHARING = [
    "sharing: on",
    "sharing: on  # my comment",
    "recording: off\r\nsharing: true\r\n",
    "sharing: 'on'",
    '"sharing": yes',
    "\ufeffsharing: ON",
    "# sharing: off\nsharing: on",
    "sharing: on\nendpoint: https://sharing.example.org",
]
NOT_SHARING = [
    "",
    "recording: on",
    "# sharing: on",
    "sharing: off",
    "sharing:",
    "sharing:on",
    "sharing: o\u200bn",
    "sharing: on off",
    "sharing: 'on",
    "sharing: on\nsharing: on",
    "sharing: off\nsharing: on",
    "sharing: on\nSharing: off",
    "sharing: on\n...\nsharing: off",
    "Sharing: on",
    "  sharing: on",
    "a:\n  sharing: on",
    "{sharing: on}",
    "? sharing\n: on",
    "sharing: &x on",
    "sharing: !!bool on",
    "sharing: >-\n  on",
    "<<: {sharing: on}",
    "\uff53haring: on",
    "sh\ufeffaring: on",
    "sha\u200bring: on",
    r'"sh\x61ring": on',
    "sharing: on\0",
    "sharing: on\n" + r'"sh\x61ring": off',
    "sharing: on".encode("utf-16").decode("utf-8", "replace"),
    "- sharing: on",
]


@pytest.mark.parametrize("text", ON)
def test_what_says_on_or_nothing_records(text: str) -> None:
    """Comments do not count."""
    assert is_recording(text)


@pytest.mark.parametrize("text", OFF)
def test_what_says_off_or_cannot_be_read_does_not_record(text: str) -> None:
    """A privacy switch that is misread fails towards off."""
    assert not is_recording(text)


@pytest.mark.parametrize("text", SHARING)
def test_one_clear_on_says_that_sharing_is_wished(text: str) -> None:
    """Whether it may be shared is for others to say."""
    assert is_sharing(text)


@pytest.mark.parametrize("text", NOT_SHARING)
def test_whatever_is_no_clear_on_does_not_share(text: str) -> None:
    """Absent means off, unlike for recording."""
    assert not is_sharing(text)


@given(st.text("recoding: \"'\\{}?#&*!>|-~onf01x\n\r\t", max_size=40))
def test_where_yaml_finds_anything_but_on_nothing_is_recorded(text: str) -> None:
    """Against a real parser: what it takes for off is never taken for on here."""
    try:
        found = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError):
        return
    if isinstance(found, dict) and found.get("recording", True) not in (True, "on", "yes"):
        assert not is_recording(text)


@given(
    st.sampled_from(["off", "'off'", '"off"', "false", "no", "OFF", "False"]),
    st.text(max_size=20),
    st.text(max_size=20),
)
def test_off_is_off_whatever_stands_around_it(off: str, before: str, after: str) -> None:
    """A line of its own between two pieces of anything."""
    assert not is_recording(f"{before}\nrecording: {off}\n{after}")


def test_a_new_store_records_with_the_defaults() -> None:
    """The config.yaml that is put there says what holds without it."""
    assert is_recording(CONFIG_TEXT)
    assert yaml.safe_load(CONFIG_TEXT) == {"recording": True, "sharing": False, **DEFAULTS}
    assert {name: number(CONFIG_TEXT, name) for name in DEFAULTS} == DEFAULTS


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("retention_days: 30", 30),
        ("retention_days: '30' # a month", 30),
        ("retention_days: 0", 400),
        ("retention_days: -5", 400),
        ("retention_days: 99999", 400),
        ("retention_days: 3e1", 400),
        ("retention_days: ٣٠", 400),
        ("retention_days: soon", 400),
        ("retention_days:", 400),
        ("# retention_days: 30", 400),
        ("retention_days: no\nretention_days: 31", 31),
    ],
)
def test_a_number_out_of_range_is_the_default(text: str, days: int) -> None:
    """Nothing is ever deleted because a number cannot be read."""
    assert number(text, "retention_days") == days
