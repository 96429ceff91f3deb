"""From bytes to reports: bounded in everything, and strict about every byte."""

from __future__ import annotations

import gzip
import json
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.community import parsing
from telemetry.community.parsing import MAX_BYTES, Rejected, lines_of, parsed, tokens_of, unpacked
from telemetry.community.problems import Refused
from telemetry.community.records import Accepted
from tests.sharing.lines import id_of, line_of, token_of
from tests.sharing.lines import lines_of as batch_of
from tests.sharing.reports import CORPUS

ACCEPT = sorted(CORPUS.glob("accept/*.json"))
REJECT = sorted(CORPUS.glob("reject/*.json"))


def refused(name: str) -> pytest.RaisesExc[Refused]:
    """That a whole request is refused for this."""
    return pytest.raises(Refused, match=f"^{name}$")


# --- gzip


@pytest.mark.parametrize("encoding", ["gzip", "identity", ""])
def test_a_batch_comes_packed_or_plain(encoding: str) -> None:
    """The same lines."""
    lines = batch_of(1, 2)
    assert unpacked(gzip.compress(lines) if encoding == "gzip" else lines, encoding) == lines


def test_a_bomb_goes_off_at_the_limit() -> None:
    """A thousand to one: no more is made of it than the limit and a byte, whatever it promises."""
    packer = zlib.compressobj(9, wbits=31)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(64)) + packer.flush()
    with refused("too_large"):
        unpacked(bomb, "gzip")
    reader = zlib.decompressobj(wbits=31)
    assert len(reader.decompress(bomb, MAX_BYTES + 1)) == MAX_BYTES + 1


def test_a_bomb_in_a_bomb_is_no_report() -> None:
    """It is unpacked once."""
    inner = gzip.compress(batch_of(1))
    (line, *_) = [*lines_of(unpacked(gzip.compress(inner + b"\n"), "gzip"))]
    assert parsed(line) == Rejected(None, "unreadable")


@pytest.mark.parametrize(
    "body",
    [b"", b"x", batch_of(1), zlib.compress(batch_of(1)), gzip.compress(batch_of(1))[:-1],
     gzip.compress(batch_of(1)) + b"x", gzip.compress(batch_of(1)) + gzip.compress(batch_of(2))],
    ids=["nothing", "rubbish", "plain", "zlib", "torn", "more", "two_members"],
)  # fmt: skip
def test_what_is_not_one_whole_gzip_is_refused(body: bytes) -> None:
    """Whole."""
    with refused("bad_gzip"):
        unpacked(body, "gzip")


@pytest.mark.parametrize("encoding", ["br", "deflate", "gzip, gzip", "zstd"])
def test_no_other_encoding_is_understood(encoding: str) -> None:
    """The answer says which."""
    with refused("other_encoding") as raised:
        unpacked(b"", encoding)
    assert raised.value.headers == ((b"accept-encoding", b"gzip"),)


# --- lines


@pytest.mark.parametrize("data", [b"", b"{}", batch_of(1)[:-1], batch_of(1) + b"{"])
def test_every_line_ends(data: bytes) -> None:
    """A torn batch is not half a batch."""
    with refused("bad_lines"):
        lines_of(data)


def test_fifty_reports_are_taken_and_no_more() -> None:
    """As the client sends them."""
    assert len(lines_of(batch_of(*range(50)))) == 50
    with refused("too_many_lines"):
        lines_of(batch_of(*range(51)))


# --- reports


@pytest.mark.parametrize("path", ACCEPT, ids=lambda path: path.stem)
def test_what_is_to_be_accepted_is(path: object) -> None:
    """The golden corpus, byte for byte."""
    line = path.read_bytes()  # type: ignore[attr-defined]
    sealed = json.loads(line)
    assert parsed(line) == Accepted(sealed["report"]["session"]["id"], sealed["withdrawal"], line)


@pytest.mark.parametrize("path", REJECT, ids=lambda path: path.stem)
def test_what_is_to_be_rejected_is_with_a_reason(path: object) -> None:
    """Whatever is wrong is named by a code of the list, and by no word of what was sent."""
    found = parsed(path.read_bytes())  # type: ignore[attr-defined]
    assert isinstance(found, Rejected)
    assert found.reason in parsing.REASONS


@pytest.mark.parametrize(
    ("version", "reason"), [(0, "version_old"), (2, "version_new"), (-5, "version_old"), ("1", "wrong_value")]
)
def test_another_version_is_said_to_be_another(version: object, reason: str) -> None:
    """Whatever else it holds: nobody here knows what that means."""
    sealed = {**json.loads(line_of(1)), "version": version, "later": "x"}
    found = parsed(json.dumps(sealed, sort_keys=True, separators=(",", ":")).encode())
    assert isinstance(found, Rejected)
    assert (found.id, found.reason) == (id_of(1), reason if reason != "wrong_value" else "unknown_field")


def test_an_unknown_field_is_neither_dropped_nor_repeated() -> None:
    """The place is named, the field is not: its name may say anything."""
    sealed = json.loads(line_of(1))
    sealed["report"]["feature"]["alice@example.org"] = "secret"
    found = parsed(json.dumps(sealed, sort_keys=True, separators=(",", ":")).encode())
    assert isinstance(found, Rejected)
    assert (found.reason, found.pointer) == ("unknown_field", "/report/feature")
    assert "How large the feature was" in (found.description or "")


@pytest.mark.parametrize(
    "line",
    [b"[" * 1_000_000, b'{"a":' * 2000, b"[" * 16_000, b"9" * 16_000, b'"' + b"\\u0000" * 2000 + b'"', b"\x00", b"",
     '{"é":1}'.encode(), "{}".encode("utf-16"), b"\xef\xbb\xbf{}", b"1e999999", b'"\xed\xa0\x80"', b"NaN", b"-"],
    ids=lambda line: repr(line[:8]),
)  # fmt: skip
def test_hostile_json_is_a_rejected_line_and_nothing_worse(line: bytes) -> None:
    """A million deep, endless numbers, other encodings, NUL."""
    assert isinstance(parsed(line), Rejected)


def test_a_key_twice_is_rejected_wherever_it_is() -> None:
    """Which of the two counted would be anybody's guess."""
    line = line_of(1).replace(b'"shipped":true', b'"shipped":false,"shipped":true')
    assert parsed(line) == Rejected(id_of(1), "not_canonical")


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_judged(line: bytes) -> None:
    """Never an exception."""
    assert isinstance(parsed(line), Rejected)


@given(st.data())
def test_a_report_with_one_byte_changed_is_accepted_only_as_what_it_then_says(data: st.DataObject) -> None:
    """What is kept is what was read: canonical bytes of a valid report."""
    line = line_of(1)
    at = data.draw(st.integers(0, len(line) - 1))
    changed = line[:at] + bytes([data.draw(st.integers(0, 255))]) + line[at + 1 :]
    found = parsed(changed)
    if isinstance(found, Accepted):
        value = json.loads(changed)
        assert json.dumps(value, sort_keys=True, separators=(",", ":")).encode() == found.body == changed
        assert found.id == value["report"]["session"]["id"]


@pytest.mark.parametrize("path", [*ACCEPT, *REJECT], ids=lambda path: path.stem)
def test_a_quick_look_accepts_what_a_thorough_one_does(path: object) -> None:
    """Two decoders, one verdict: over the golden corpus, and with other blanks or numbers."""
    line = path.read_bytes()  # type: ignore[attr-defined]
    for other in (line, line.strip(), line.replace(b":", b": "), line.replace(b"1", b"1.0", 1), line + b" "):
        quick, thorough = parsing._quickly(other), parsing._thoroughly(other)
        assert (quick is None) == isinstance(thorough, Rejected)
        assert quick in (None, thorough)


@given(st.data())
def test_a_quick_look_accepts_no_byte_more(data: st.DataObject) -> None:
    """Any byte changed, left out or put in."""
    line = line_of(1)
    at, length = data.draw(st.integers(0, len(line))), data.draw(st.integers(0, 3))
    changed = line[:at] + data.draw(st.binary(max_size=3)) + line[at + length :]
    quick, thorough = parsing._quickly(changed), parsing._thoroughly(changed)
    assert quick == (thorough if isinstance(thorough, Accepted) else None)


# --- tokens


def test_tokens_come_in_order() -> None:
    """As they were asked for."""
    asked = [token_of(number) for number in (3, 1, 2)]
    assert tokens_of(json.dumps({"tokens": asked}).encode()) == asked
    assert tokens_of(b'{"tokens":[]}') == []


@pytest.mark.parametrize(
    ("body", "pointer"),
    [("[]", ""), ("1", ""), ("{}", "/tokens"), ('{"tokens":{}}', "/tokens"), ('{"tokens":[1]}', "/tokens/0"),
     ('{"tokens":[],"more":1}', "/tokens"), (json.dumps({"tokens": [token_of(1), "X" * 64]}), "/tokens/1"),
     (json.dumps({"tokens": [token_of(1) + "\n"]}), "/tokens/0"),
     (json.dumps({"tokens": [token_of(1)] * 101}), "/tokens")],
)  # fmt: skip
def test_other_tokens_are_refused_by_their_place(body: str, pointer: str) -> None:
    """The field, and what the description says of it."""
    with refused("bad_field") as raised:
        tokens_of(body.encode())
    (spot,) = raised.value.spots
    assert (spot.kind, spot.name) == ("pointer", pointer)


@pytest.mark.parametrize("body", [b"", b"{", b'{"tokens":[],"tokens":[]}', b'{"tokens":NaN}', b"[" * 9000, b"\xff"])
def test_a_withdrawal_is_strict_json(body: bytes) -> None:
    """Like a report."""
    with refused("bad_json"):
        tokens_of(body)
