"""The last guard: it lets nothing out that breaks the schema or looks like what is never captured."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from telemetry.contract.resources import shipped
from telemetry.sharing import guard
from telemetry.sharing.canonical import canonical
from telemetry.sharing.guard import MAX_BYTES, refusal_of
from tests.sharing.reports import PLAIN, Json, changed, files_of_the_corpus, sealed_reports

FILES = files_of_the_corpus()
PATTERNS = [
    (entry["id"], pattern)
    for entry in yaml.safe_load(shipped("NEVER_CAPTURE.yaml").read_text(encoding="utf-8"))["entries"]
    for pattern in entry.get("patterns", ())
]


@pytest.fixture
def fresh_rules() -> Iterator[None]:
    """Nothing remembered of the rules, before and after."""
    for remembered in (guard._rules, guard._is_clean_piece):
        remembered.cache_clear()
    yield
    for remembered in (guard._rules, guard._is_clean_piece):
        remembered.cache_clear()


@pytest.mark.parametrize("path", FILES)
def test_the_corpus_is_let_out_or_refused_for_its_reason(path: str) -> None:
    """The name of a file to reject begins with the code."""
    _, _, name = path.partition("/")
    assert refusal_of(FILES[path]) == (None if path.startswith("accept/") else name.partition(".")[0])


@given(sealed_reports())
@settings(max_examples=200)
def test_every_canonical_report_may_leave(sealed: Json) -> None:
    """No word and no format of the schema looks like anything that is never captured."""
    assert refusal_of(canonical(sealed)) is None


@given(sealed_reports(), st.integers(0), st.integers(0, 255))
@settings(max_examples=300)
def test_a_byte_changed_on_the_disk_is_refused_or_makes_another_report(sealed: Json, place: int, byte: int) -> None:
    """Nothing else can come of it, and nothing is raised."""
    data = bytearray(canonical(sealed))
    data[place % len(data)] = byte
    refusal = refusal_of(bytes(data))
    if refusal is None:
        assert canonical(json.loads(bytes(data))) == bytes(data)


@given(st.binary(max_size=200))
def test_any_bytes_are_refused(data: bytes) -> None:
    """And nothing is raised."""
    assert refusal_of(data) is not None


# What each pattern is there for, as it would stand in a string.
PLANTED = {
    "file_paths": ["/home/dev/orders.py", "src/shop/orders.py", "C:\\Users\\dev"],
    "git_repo": ["git@host:shop", "https://host.example", "http://host"],
    "email": ["dev@example.org"],
    "ip_address": ["203.0.113.77", "at 10.0.0.1:80"],
    "api_keys": ["sk-0123456789", "ghp_0123456789", "AKIA01234567", "-----BEGIN PRIVATE KEY-----"],
}


def test_something_is_planted_for_every_pattern() -> None:
    """A new pattern needs a new plant."""
    for entry, pattern in PATTERNS:
        assert any(re.search(pattern, plant) for plant in PLANTED[entry]), pattern


def places_in(value: Any, way: str = "") -> Iterator[str]:
    """The way to every string of a report."""
    if isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places_in(item, f"{way}.{key}".lstrip("."))
    elif isinstance(value, str):
        yield way


@pytest.mark.parametrize(("entry", "plant"), [(entry, plant) for entry, plants in PLANTED.items() for plant in plants])
def test_what_is_never_captured_is_refused_even_where_the_schema_would_let_it_pass(
    entry: str, plant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In every string of a report, alone and in the middle of other text, quotes included; and as a field's name."""
    assert {refusal_of(canonical(changed(way, plant))) for way in places_in(PLAIN)} == {"schema"}
    monkeypatch.setattr(guard, "is_report", lambda value: True)
    assert refusal_of(canonical(PLAIN)) is None
    for way in places_in(PLAIN):
        for text in (plant, f"custom {plant} custom", f'"{plant}"', f"custom\n{plant}"):
            assert refusal_of(canonical(changed(way, text))) == "never_capture", (entry, way, text)
    assert refusal_of(canonical({**PLAIN, plant: 1})) == "never_capture"


def test_what_is_hidden_in_an_escape_is_not_canonical(monkeypatch: pytest.MonkeyPatch) -> None:
    """An @ spelled out would escape the patterns, if such a text were let out."""
    monkeypatch.setattr(guard, "is_report", lambda value: True)
    assert refusal_of(rb'{"a":"dev\u0040example.org"}') == "not_canonical"
    assert refusal_of('{"a":"dév"}'.encode()) == "not_canonical"


@pytest.mark.parametrize(
    "rules",
    [
        None,
        "",
        "version: 1\n",
        "entries: []\n",
        "entries: [{id: email}]\n",
        "entries: [{id: email, patterns: null}]\n",
        "entries: [{id: email, patterns: ['(']}]\n",
        "entries: [{id: email, patterns: [1]}]\n",
        "entries: 1\n",
        "- a\n",
        "a: [\n",
        "\0",
        "[" * 5000,
    ],
)
@pytest.mark.usefixtures("fresh_rules")
def test_without_rules_nothing_leaves(rules: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """NEVER_CAPTURE.yaml gone, empty or broken is a refusal; once it is back, reports leave again."""
    file = tmp_path / "NEVER_CAPTURE.yaml"
    if rules is not None:
        file.write_text(rules, encoding="utf-8")
    with monkeypatch.context() as patched:
        patched.setattr(guard, "shipped", lambda name: tmp_path / name)
        assert refusal_of(canonical(PLAIN)) == "no_rules"
    assert refusal_of(canonical(PLAIN)) is None


@pytest.mark.usefixtures("fresh_rules")
def test_rules_that_are_no_text_let_nothing_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As those that are not there."""
    (tmp_path / "NEVER_CAPTURE.yaml").write_bytes(b"\xff\xfe\xff")
    monkeypatch.setattr(guard, "shipped", lambda name: tmp_path / name)
    assert refusal_of(canonical(PLAIN)) == "no_rules"


def test_no_pattern_speaks_of_quotes() -> None:
    """The guard searches between quotes: a pattern that needs one would find nothing."""
    assert [pattern for _, pattern in PATTERNS if '"' in pattern] == []


def test_the_longest_report_is_far_from_too_large() -> None:
    """So that too_large can only mean that something else was put in."""
    longest = max(len(data) for path, data in FILES.items() if path.startswith("accept/"))
    assert longest * 4 < MAX_BYTES


@pytest.mark.parametrize(("module", "other"), [("guard", "anonymise"), ("anonymise", "guard")])
def test_the_guard_and_what_it_guards_do_not_know_each_other(module: str, other: str) -> None:
    """Neither imports the other: what one gets wrong the other does not repeat."""
    source = shipped("telemetry", "sharing", f"{module}.py").read_text(encoding="utf-8")
    named: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            named |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            named |= {f"{node.module}.{alias.name}" for alias in node.names} | {str(node.module)}
    assert named and not [name for name in named if other in name]
