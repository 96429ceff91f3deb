"""config.yaml through a real parser: sharing only where all is clear, and never a word of the file in a message."""

from __future__ import annotations

import re
import subprocess
import sys
import time

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from telemetry.contract import config, settings
from telemetry.contract.config import Config, config_of, endpoint_of, endpoint_problem
from telemetry.journal.furnish import CONFIG_TEXT

DEFAULTS = Config(
    recording=True,
    sharing=False,
    endpoint=None,
    maturity_hours=24,
    retention_days=400,
    store_megabytes=256,
    problems=(),
)


def read(text: str) -> Config:
    """The config of a text."""
    return config_of(text.encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize("data", [None, b"", b"# nothing\n", b"---\n", CONFIG_TEXT.encode()])
def test_where_nothing_is_said_nothing_is_shared_and_nothing_is_wrong(data: bytes | None) -> None:
    """No file, an empty one, and the template that every store gets."""
    assert config_of(data) == DEFAULTS


def test_what_is_said_clearly_holds() -> None:
    """With comments of the person's own, in a file from another system."""
    text = (
        "\ufeff# mine é\r\nrecording: off\r\nsharing: on  # yes\r\nendpoint: https://Reports.example.org:8443/v1/\r\n"
        "maturity_hours: 48\r\nretention_days: 30\r\nstore_megabytes: 9"
    )
    assert read(text) == Config(False, True, "https://reports.example.org:8443/v1", 48, 30, 9, ())


@pytest.mark.parametrize("text", ["sharing: on", "sharing: true", "sharing: yes", 'sharing: "on"', "'sharing': On"])
def test_on_may_be_said_in_yamls_words(text: str) -> None:
    """As people write it."""
    assert read(text).sharing


ON = "sharing: on\n"
UNCLEAR = {
    "broken YAML": ON + "recording: [",
    "an unknown key": ON + "shairng: off",
    "a duplicated key": ON + "sharing: on",
    "a contradiction": ON + "sharing: off",
    "a duplicated other key": ON + "recording: on\nrecording: on",
    "a full-width key": ON + "\uff53haring: off",
    "a key with a zero-width space": ON + "sha\u200bring: off",
    "a key with a byte order mark inside": ON + "\ufeffsharing: off",
    "a key of another alphabet": ON + "sh\u0430ring: off",
    "an escaped key": r'"sh\x61ring": on',
    "a key twice, once escaped": ON + r'"sh\x61ring": off',
    "an unknown value": "sharing: perhaps",
    "an invisible letter in the value": "sharing: o\u200bn",
    "a number for a switch": "sharing: 1",
    "no value": "sharing:",
    "a quoted other word": "sharing: 'yes'",
    "an odd case": "sharing: oN",
    "a value on the next line": "sharing:\n  on",
    "a block": "sharing: >-\n  on",
    "an explicit key": "? sharing\n: on",
    "a key that is a list": ON + "? [a]\n: b",
    "braces": "{sharing: on}",
    "braces around all": "{\nsharing: on\n}",
    "an anchor": "sharing: &a on",
    "an alias": "recording: &a on\nsharing: *a",
    "a tag": "sharing: !!bool on",
    "a tag of nobody's": "sharing: ! on",
    "a dangerous tag": ON + 'endpoint: !!python/object/apply:os.system ["true"]',
    "a tagged whole": "!!map\nsharing: on",
    "an anchored whole": "&a\nsharing: on",
    "a merge": ON + "<<: {recording: off}",
    "a directive": "%YAML 1.1\n---\nsharing: on",
    "two documents": ON + "---\nrecording: on",
    "a second document that says off": ON + "...\n---\nsharing: off",
    "a nested switch": "recording:\n  sharing: on",
    "a list": "- sharing: on",
    "a word": "sharing",
    "a list for a value": "sharing: [on]",
    "a mapping for a value": ON + "retention_days: {a: 1}",
    "a number out of range": ON + "maturity_hours: 0",
    "a number beyond the range": ON + "maturity_hours: 721",
    "a fraction": ON + "maturity_hours: 1.5",
    "an octal number": ON + "maturity_hours: 010",
    "a number in base sixty": ON + "maturity_hours: 1:30",
    "a date that is none": ON + "retention_days: 2026-99-99",
    "a bad endpoint": ON + "endpoint: http://example.org",
    "an empty endpoint": ON + "endpoint: ''",
    "an endpoint that is a number": ON + "endpoint: 5",
    "an endpoint that is too long": ON + "endpoint: https://example.org/" + "a" * 200,
    "a long line": ON + "endpoint: https://example.org/" + "a" * 400,
    "a line end that is none to others": "# note\u2028sharing: on",
    "another one": ON + "# a\x85b",
    "a NUL": ON + "# \0",
    "an escape sequence": ON + "# \x1b[31m",
    "a vertical tab": "# note\vsharing: on",
    "a tab": "sharing:\ton",
    "a length over 64 KiB": ON + "# a\n" * 16_400,
    "billion laughs": ON + 'a: &a ["x","x"]\nb: &b [*a,*a]\nc: &c [*b,*b]\n',
    "many brackets": "[" * 60_000,
    "many brackets on lines": "[\n" * 30_000,
    "many braces": ("{" * 299 + "\n") * 200,
    "many questions": "? " * 30_000,
    "many dashes": "- " * 30_000,
    "many anchors": "&a " * 20_000,
    "a lone surrogate": ON + "# \ud800",
}


@pytest.mark.parametrize("text", UNCLEAR.values(), ids=UNCLEAR)
def test_whatever_is_unclear_is_told_and_shares_nothing(text: str) -> None:
    """Also what has nothing to do with sharing: who cannot be understood has not said yes."""
    config = read(text)
    assert config.problems
    assert not config.sharing and config.endpoint is None


@pytest.mark.parametrize("coding", ["utf-16", "utf-16-be", "utf-32", "latin-1"])
def test_only_utf_8_is_understood(coding: str) -> None:
    """Another coding is no clear yes."""
    config = config_of("sharing: on  # é".encode(coding))
    assert config.problems and not config.sharing


def test_problems_speak_in_the_schemas_words_and_never_repeat_the_file() -> None:
    """What stands there may be anything, also a secret."""
    for text in (
        "sharing: s3cret",
        "endpoint: https://s3cret@h",
        "s3cret: 1",
        "sharing: [s3cret",
        "sharing: !s3cret x",
    ):
        assert "s3cret" not in " ".join(read(text).problems)
    schema = yaml.safe_load(CONFIG_TEXT)
    assert "Whether finished, anonymous reports" in read("sharing: perhaps").problems[0]
    assert all(name in read("other: 1").problems[0] for name in schema)
    assert read("sharing: on\n\trecording: off").problems == ("it is no YAML (line 2)",)
    assert "the hook reads recording otherwise" in read("? recording\n: on").problems[0]
    assert len(read("sharing: 3\nrecording: 3\nmaturity_hours: on").problems) == 3


def test_a_file_made_to_choke_a_parser_is_refused_at_once() -> None:
    """Not a measurement: without looking first, these take seconds, hours or all the memory there is."""
    laughs = "".join(f"l{n + 1}: &l{n + 1} [{', '.join([f'*l{n}'] * 9)}]\n" for n in range(40))
    hostile = ["sharing: on\nl0: &l0 x\n" + laughs, "[" * 100_000, ("[" * 299 + "\n") * 218, "sharing: " + "[" * 200]
    before = time.process_time()
    assert all(read(text).problems for text in hostile)
    assert time.process_time() - before < 2


WORDS = ("sharing", "recording", "on", "off", "true", "'on'", "sharing: on", "recording: on", "endpoint: https://a.b",
         "maturity_hours: 5", ": ", ":", "\n", "\r\n", "\r", " ", "  ", "# ", "#", '"', "'", "{", "}", "[", "]", ", ",
         "? ", "- ", "---\n", "...\n", "&a ", "*a", "!!bool ", "|\n", ">-\n", "<<", "\\", "\ufeff", "\u2028", "\x85",
         "\u200b", "\0")  # fmt: skip
TEXTS = st.lists(st.sampled_from(WORDS), max_size=14).map("".join)


@given(TEXTS)
@example("x: '\nsharing: on\n'")
@example("# a\x85sharing: on")
@example("sharing: on\n...\n# recording: off\n")
def test_sharing_is_on_only_where_both_readers_say_so(text: str) -> None:
    """The hook's simple reader, and YAML: where they disagree, neither lets anything out."""
    config = read(text)
    if config.sharing:
        assert settings.is_sharing(text)
        assert yaml.safe_load(text)["sharing"] in (True, "on")
        assert not config.problems


@given(TEXTS)
@example('{"x\nsharing: on # y": 1, recording: off}')
@example("{\nendpoint: x\n, recording: off}")
def test_what_yaml_finds_off_is_off_for_the_hook(text: str) -> None:
    """Also among the other names, whose lines may hold the word."""
    try:
        found = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, KeyError):  # KeyError: `!!bool` of nothing
        return
    if isinstance(found, dict) and found.get("recording") in (False, "off"):
        assert not settings.is_recording(text)
    if isinstance(found, dict) and found.get("sharing") in (False, "off"):
        assert not settings.is_sharing(text)


@given(st.binary(max_size=60))
def test_any_bytes_have_an_answer(data: bytes) -> None:
    """A config is read before every sending: it must never be a bug."""
    assert not config_of(data).sharing or settings.is_sharing(settings.text_of(data))


GOOD = {
    "https://example.org": "https://example.org",
    "https://example.org/": "https://example.org",
    "https://example.org/v1/reports/": "https://example.org/v1/reports",
    "HTTPS://Example.ORG:8443/V1": "https://example.org:8443/V1",
    "https://xn--mnchen-3ya.example/a.b/_c~d": "https://xn--mnchen-3ya.example/a.b/_c~d",
    "https://telemetry": "https://telemetry",
    "https://192.0.2.7:1": "https://192.0.2.7:1",
    "https://[2001:db8::1]:65535/x": "https://[2001:db8::1]:65535/x",
    "https://example.org/a..b": "https://example.org/a..b",
    "http://localhost": "http://localhost",
    "http://LOCALHOST:9000/": "http://localhost:9000",
    "http://127.0.0.1:8080/v1": "http://127.0.0.1:8080/v1",
    "http://127.255.0.9": "http://127.255.0.9",
    "http://[::1]:8080": "http://[::1]:8080",
}
BAD = [
    "",
    "example.org",
    "//example.org",
    "ftp://example.org",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "https:/example.org",
    "https:example.org",
    "https://",
    "https:///path",
    "https://:443",
    "http://example.org",
    "HTTP://example.org",
    "http://10.0.0.1",
    "http://0.0.0.0",
    "http://[::]",
    "http://[::ffff:127.0.0.1]",
    "http://127.0.0.1.evil.com",
    "http://localhost.evil.com",
    "http://evil.localhost",
    "http://localhost.",
    "http://localhost@evil.com",
    "http://127.0.0.1@evil.com",
    "http://localhost:80@evil.com",
    "https://user:password@example.org",
    "https://user@example.org",
    "http://[::1]evil",
    "http://[::1].evil.com",
    "http://[::1%25eth0]",
    "http://[127.0.0.1]",
    "https://[evil.com]",
    "https://[::1",
    "https://::1]",
    "http://0x7f.1",
    "http://0x7f000001",
    "http://127.1",
    "http://2130706433",
    "http://0177.0.0.1",
    "http://127.0.0.01",
    "https://0x7f.1",
    "https://127.1",
    "https://1.2.3.4.5",
    "https://256.0.0.1",
    r"https://evil.com\@good.com",
    r"https://example.org\path",
    "https://example.org?x=1",
    "https://example.org/?x",
    "https://example.org/#x",
    "https://example.org/a b",
    "https://example.org/a\n",
    "https://example.org\n",
    "https://example.org\r\nX: y",
    " https://example.org",
    "https://example.org\t",
    "https://example.org/\0",
    "https://example.org/\x7f",
    "https://exämple.org",
    "https://example\u3002org",
    "http\u017f://example.org",
    "http://loc\u0430lhost",
    "https://\uff4cocalhost",
    "https://example.org:",
    "https://example.org:0",
    "https://example.org:0443",
    "https://example.org:65536",
    "https://example.org:99999999999",
    "https://example.org:-1",
    "https://example.org:\u0664\u0664",
    "https://example.org:80:80",
    "https://example.org/..",
    "https://example.org/a/../b",
    "https://example.org/./a",
    "https://example.org/%2e%2e/a",
    "https://example.org//evil",
    "https://example.org/a;b",
    "https://example..org",
    "https://.example.org",
    "https://example.org.",
    "https://-example.org",
    "https://example-.org",
    "https://exa_mple.org",
    "https://exam%70le.org",
    "https://" + "a" * 64 + ".org",
    "https://example.org/" + "a" * 181,
]


@pytest.mark.parametrize("url", GOOD)
def test_a_good_endpoint_has_one_way_to_be_written(url: str) -> None:
    """What is consented to can be compared; writing it anew changes nothing more."""
    assert endpoint_problem(url) is None
    assert endpoint_of(url) == GOOD[url]
    assert endpoint_problem(GOOD[url]) is None and endpoint_of(GOOD[url]) == GOOD[url]


@pytest.mark.parametrize("url", BAD)
def test_a_bad_endpoint_is_told(url: str) -> None:
    """Reports go over TLS, or to this machine, and nowhere a second reading of the URL would lead."""
    problem = endpoint_problem(url)
    assert problem
    assert len(url) < 9 or url not in problem


PIECES = ("localhost", "127.0.0.1", "[::1]", "evil.com", "@", ":", "/", "80", "..", ".", "?", "#", "\\", "%", " ", "\n",
          "0x7f", "1", "http://")  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=7).map(lambda pieces: "http://" + "".join(pieces)))
@example("http://127.0.0.1:80/..evil.com")
def test_plain_http_never_leaves_this_machine(url: str) -> None:
    """By a second reading, which cuts the host out in the simplest way."""
    if endpoint_problem(url) is None:
        host = url.removeprefix("http://").partition("/")[0]
        assert re.fullmatch(r"(localhost|127(\.[0-9]+){3}|\[::1\])(:[0-9]+)?", host)


def test_the_commands_that_must_be_quick_do_not_load_a_yaml_parser() -> None:
    """`agentspec insights` and the hook read config.yaml with the simple reader."""
    code = (
        "import sys, telemetry.cli.reading, telemetry.cli.insights, telemetry.hook;"
        "print([name for name in sys.modules if name.partition('.')[0] in ('yaml', 'ruamel', 'jsonschema')])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"


@pytest.mark.parametrize("name", config._fields())
@pytest.mark.parametrize(
    "value",
    [True, False, None, "on", "off", "ON", "", "x" * 200, "x" * 201, 0, 1, 24, 24.0, 720, 721, 3650, 10_001, -1],
)
def test_what_is_plainly_valid_is_valid_by_the_schema(name: str, value: object) -> None:
    """The short way says yes only where jsonschema does."""
    short_way = config._is_plainly_valid(value, config._fields()[name])
    assert not short_way or config._validator().is_valid({name: value})


def test_a_good_config_needs_no_validator() -> None:
    """The template, and every value in its usual range, is plainly valid: the daemon stays small."""
    usual = {"recording": True, "sharing": "on", "endpoint": "https://a.org", "maturity_hours": 1}
    assert all(config._is_plainly_valid(value, config._fields()[name]) for name, value in usual.items())
