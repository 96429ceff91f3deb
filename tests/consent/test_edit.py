"""One value of config.yaml changes, and not a byte beside it; where that cannot be, nothing changes at all."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.consent.edit import Value, set_in_store, with_value
from telemetry.contract.config import config_of
from telemetry.contract.errors import TelemetryError
from telemetry.journal.furnish import CONFIG_TEXT
from telemetry.journal.store import Store, StoreRefused, open_store

URL = "https://reports.example.org:8443/v1"


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("sharing: off", "sharing: on"),
        ("sharing: off  # my comment\n", "sharing: on  # my comment\n"),
        (
            "recording: on\r\n\r\nsharing:   'off'   # é\r\n\r\n# end",
            "recording: on\r\n\r\nsharing:   on   # é\r\n\r\n# end",
        ),
        ('"sharing" : "off"\n', '"sharing" : on\n'),
        ("\ufeff# \U0001f600\nsharing: false\nrecording: 'on'\n", "\ufeff# \U0001f600\nsharing: on\nrecording: 'on'\n"),
        ("---\nsharing: no\n...\n", "---\nsharing: on\n...\n"),
        ("sharing: off\rrecording: on\r", "sharing: on\rrecording: on\r"),
        ("sharing:\n", "sharing: on\n"),
        ("'sharing' :\r\n\r\n# x\r\nrecording: on", "'sharing' : on\r\n\r\n# x\r\nrecording: on"),
        ("sharing:   # later\n", "sharing: on   # later\n"),
        ("sharing: perhaps\n", "sharing: on\n"),
        ("sharing: on\n", "sharing: on\n"),
    ],
)
def test_only_the_value_changes(text: str, changed: str) -> None:
    """Comments, order, blank lines, quotes and line ends are the person's own."""
    assert with_value(text, "sharing", True) == changed


def test_a_template_of_today_takes_every_value_in_its_place() -> None:
    """No line is added to it, and the commented endpoint becomes a real one."""
    text = with_value(CONFIG_TEXT, "endpoint", URL)
    assert text == CONFIG_TEXT.replace("# endpoint:", f"endpoint: {URL}")
    assert with_value(CONFIG_TEXT, "sharing", True) == CONFIG_TEXT.replace("sharing: off", "sharing: on")
    assert with_value(CONFIG_TEXT, "maturity_hours", 48) == CONFIG_TEXT.replace("hours: 24", "hours: 48")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_name_that_is_missing_comes_last_with_its_comment(end: str) -> None:
    """In a config of an older version; a last line without an end gets one."""
    for text in (f"recording: on{end}# last", f"recording: on{end}# last{end}"):
        changed = with_value(text, "sharing", True)
        assert changed.startswith(text)
        added = changed[len(text) :].removeprefix(end).removeprefix(end)
        assert added.startswith("# off: nothing leaves this machine")
        assert added.endswith(f"{end}sharing: on{end}")
        assert config_of(changed.encode()).sharing
    assert with_value("", "retention_days", 9).endswith("retention_days: 9\n")


def test_a_persons_own_comment_is_no_template() -> None:
    """What they noted beside the name stays."""
    text = "# endpoint: ask Ana first\n"
    assert with_value(text, "endpoint", URL).startswith(text)


@pytest.mark.parametrize(
    "text",
    [
        "recording: [",
        "sharing: off\nsharing: off\n",
        "shairng: on\n",
        "recording: perhaps\n",
        "{recording: on}",
        "{sharing: off}",
        "- sharing\n",
        "sharing: &a off\n",
        "sharing: !!bool off\n",
        "sharing: >-\n  off\n",
        "sharing: 'off\n\n  really'\n",
        "? sharing\n: off\n",
        "sharing: off\n---\nrecording: on\n",
        "recording: on\n...\n",
        "sharing: off\t# a tab, which the hook takes for a part of the value\n",
        "  recording: on\n",
        "sharing: off\0",
        "sharing: off\u2028",
        "sharing: off # \ud800",
        "[" * 60_000,
        "# a\n" * 16_383 + "\n\n\n",
    ],
)
def test_a_text_that_is_broken_or_would_be_is_not_changed(text: str) -> None:
    """The person is told what to write by hand."""
    with pytest.raises(TelemetryError) as told:
        with_value(text, "sharing", True)
    assert told.value.message == "config.yaml could not be changed safely"
    assert "`sharing: on`" in told.value.hint


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("maturity_hours", 0),
        ("maturity_hours", True),
        ("sharing", "on\nrecording: off"),
        ("sharing", 1),
        ("endpoint", "https://a.example\nsharing: on"),
        ("endpoint", "http://evil.example"),
        ("endpoint", True),
        ("other", 1),
    ],
)
def test_a_value_that_would_not_be_read_as_it_is_meant_is_refused(name: str, value: Value) -> None:
    """Nor can a value bring a second line with it."""
    with pytest.raises(TelemetryError):
        with_value(CONFIG_TEXT, name, value)


ENDS = st.sampled_from(["\n", "\r\n"])
COMMENT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=12)
GAP = st.sampled_from(["", "  # mine", " # on", " # off: on", " #", "   "])
LINES = {
    "recording": ["on", "off", "true", "'on'", '"off"', "no"],
    "sharing": ["on", "off", "false", "'off'", '"on"', "Yes"],
    "endpoint": [URL, f"'{URL}'", f'"{URL}/"', "http://[::1]:80"],
    "maturity_hours": ["1", "24", "720"],
    "retention_days": ["30"],
    "store_megabytes": ["9"],
}
VALUES: dict[str, st.SearchStrategy[Value]] = {
    "recording": st.booleans(),
    "sharing": st.booleans(),
    "endpoint": st.sampled_from([URL, "http://127.0.0.1:9"]),
    "maturity_hours": st.integers(1, 720),
    "retention_days": st.integers(1, 3650),
    "store_megabytes": st.integers(1, 10_000),
}


@st.composite
def configs(draw: st.DrawFn) -> str:
    """A config as people leave it: some names in some order, comments and blank lines between, ends of two kinds."""
    names = draw(st.lists(st.sampled_from(list(LINES)), unique=True))
    lines = []
    for name in names:
        lines += draw(
            st.lists(st.one_of(st.just(""), COMMENT.map("# {}".format), COMMENT.map("  #{}".format)), max_size=2)
        )
        colon = draw(st.sampled_from([": ", ":   ", " : "]))
        lines.append(f"{name}{colon}{draw(st.sampled_from(LINES[name]))}{draw(GAP)}")
    text = "".join(line + draw(ENDS) for line in lines)
    return draw(st.sampled_from(["", "\ufeff"])) + (text.rstrip("\r\n") if draw(st.booleans()) else text)


@given(configs(), st.data())
def test_of_any_config_at_most_one_line_differs(text: str, data: st.DataObject) -> None:
    """And what differs reads as wanted; all else reads as before."""
    name = data.draw(st.sampled_from(list(VALUES)))
    value = data.draw(VALUES[name])
    before = config_of(text.encode())
    if before.problems:
        return  # a comment that the hook stumbles over
    changed = with_value(text, name, value)
    assert config_of(changed.encode())._asdict() == {**before._asdict(), name: value}
    assert with_value(changed, name, value) == changed
    old, new = text.splitlines(keepends=True), changed.splitlines(keepends=True)
    if len(old) == len(new):
        differing = [(one, other) for one, other in zip(old, new, strict=True) if one != other]
        assert len(differing) <= 1
        for one, other in differing:
            _only_the_value_differs(one, other, name)
    else:
        assert changed.startswith(text)


def _only_the_value_differs(one: str, other: str, name: str) -> None:
    head, tail = one.partition(":")[0], one[len(one.rstrip("\r\n")) :]
    assert head.strip(" \ufeff") == name
    assert other.startswith(head) and other.endswith(tail)
    comment = one.partition("#")
    assert not comment[1] or other.endswith("#" + comment[2])


@given(st.text("sharing: onf\n#'\"{}[],&*!|>-\r\t ", max_size=40))
def test_of_any_text_the_rest_stays_or_nothing_changes(text: str) -> None:
    """Whatever it is."""
    try:
        changed = with_value(text, "sharing", True)
    except TelemetryError:
        return
    assert config_of(changed.encode()).sharing
    old, new = text.splitlines(keepends=True), changed.splitlines(keepends=True)
    assert changed.startswith(text) or sum(one != other for one, other in zip(old, new, strict=True)) <= 1


# --- in a store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A new store."""
    with open_store(str(tmp_path)) as opened:
        yield opened


@pytest.fixture
def config(store: Store, tmp_path: Path) -> Path:
    """Where its config.yaml lies, or will lie."""
    return tmp_path / ".claude" / "telemetry" / "config.yaml"


def test_a_store_without_a_config_gets_the_template_first(store: Store, config: Path) -> None:
    """And all else that a new store gets: above all, git is told to leave it alone."""
    set_in_store(store, sharing=True, endpoint=URL)
    wanted = CONFIG_TEXT.replace("sharing: off", "sharing: on").replace("# endpoint:", f"endpoint: {URL}")
    assert config.read_text() == wanted
    assert stat.S_IMODE(config.stat().st_mode) == 0o600
    assert (config.parent / ".gitignore").read_text() == "*\n"


def test_the_file_in_a_store_changes_as_a_whole_and_stays_private(store: Store, config: Path) -> None:
    """Bytes beside the value are the same; no draft is left."""
    config.write_bytes(b"\xef\xbb\xbfsharing: on # mine\r\nretention_days:  30")
    config.chmod(0o644)
    set_in_store(store, sharing=False)
    assert config.read_bytes() == b"\xef\xbb\xbfsharing: off # mine\r\nretention_days:  30"
    assert stat.S_IMODE(config.stat().st_mode) == 0o600
    assert [path.name for path in config.parent.iterdir()] == ["config.yaml"]


def test_a_file_that_says_so_already_is_not_written(store: Store, config: Path) -> None:
    """A person may have it open."""
    config.write_text("sharing: off\n")
    before = config.stat()
    set_in_store(store, sharing=False)
    assert (config.stat().st_ino, config.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


LONG = b"sharing: off\n" + b"# a\n" * 20_000


@pytest.mark.parametrize("data", [b"sharing: [", b"sharing: off\xff", LONG, LONG[: 64 * 1024 + 1]])
def test_a_broken_file_is_left_as_it_is(data: bytes, store: Store, config: Path) -> None:
    """To the byte; also where only one of two values could not be set."""
    config.write_bytes(data)
    with pytest.raises(TelemetryError, match="could not be changed safely"):
        set_in_store(store, sharing=True)
    assert config.read_bytes() == data
    config.write_text("sharing: off\n")
    with pytest.raises(TelemetryError):
        set_in_store(store, sharing=True, maturity_hours=0)
    assert config.read_text() == "sharing: off\n"


def test_a_config_that_is_a_link_is_neither_read_nor_replaced(store: Store, config: Path, tmp_path: Path) -> None:
    """It leads outside."""
    outside = tmp_path / "outside"
    outside.write_text("sharing: off\n")
    config.symlink_to(outside)
    with pytest.raises(StoreRefused):
        set_in_store(store, sharing=True)
    assert config.is_symlink() and outside.read_text() == "sharing: off\n"
