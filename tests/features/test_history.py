"""A whole store → features: whatever the cut into blocks and whatever is remembered, as the plain fold has it."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telemetry.contract import layout
from telemetry.features import blocks, cache, history, processes
from telemetry.features.blocks import Cut
from telemetry.features.history import load_features
from telemetry.journal.append import line_of
from telemetry.journal.months import Month, months_of
from telemetry.journal.store import Store, StoreRefused
from tests.features.events import Story, of
from tests.features.stores import NOW, append, long_journal, months, plainly, store_in
from tests.features.strategies import Event, journals

SMALL = 700  # bytes of a block: two or three lines
SINCE = [None, *(datetime(2026, month, 1, tzinfo=timezone.utc) for month in (2, 10, 11, 12))]


@pytest.fixture(autouse=True, scope="module")
def _in_one_process() -> Iterator[None]:
    """Other processes have their own tests (test_processes.py)."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(processes, "MANY", 10**9)
        yield


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store of three months, a hundred blocks, sessions that go on from block to block."""
    found = store_in(tmp_path)
    append(found, long_journal(40))
    assert len(months(found)) == 3
    return found


def check(store: Path, block_bytes: int = SMALL) -> None:
    """Whatever is asked of the store, the answer is the plain one."""
    for since in SINCE:
        assert load_features(store, NOW, since, block_bytes) == plainly(store, since)


# --- any journal


@settings(max_examples=150, deadline=None)
@given(journals(60), st.integers(1, 3000))
def test_any_cut_into_blocks_gives_what_the_plain_fold_gives(journal: list[Event], block_bytes: int) -> None:
    """For any valid events, any size of block, any period; without a cache, then with one."""
    with TemporaryDirectory() as project:
        store = store_in(Path(project))
        append(store, journal)
        check(store, block_bytes)
        check(store, block_bytes)


CHANGES: dict[str, Callable[[Path, random.Random], None]] = {}


def change(function: Callable[[Path, random.Random], None]) -> Callable[[Path, random.Random], None]:
    """Something that may happen to a store between two questions."""
    CHANGES[function.__name__] = function
    return function


@change
def forget(store: Path, rng: random.Random) -> None:
    """The cache is deleted."""
    (store / layout.CACHE).unlink(missing_ok=True)


@change
def cut_cache(store: Path, rng: random.Random) -> None:
    """The cache is truncated."""
    data = cached(store)
    (store / layout.CACHE).write_bytes(data[: rng.randint(0, len(data))])


@change
def flip_cache(store: Path, rng: random.Random) -> None:
    """Bits of the cache fall over."""
    data = bytearray(cached(store))
    for _ in range(rng.randint(1, 4) if data else 0):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    (store / layout.CACHE).write_bytes(data)


@change
def plant_cache(store: Path, rng: random.Random) -> None:
    """Garbage lies where the cache was."""
    garbage = (b"", b"\n", b"{}\n", b"00000000 {}\n", rng.randbytes(300), b"null\n" * 9, b"a3c5f1b2 []\n")
    (store / layout.CACHE).write_bytes(rng.choice(garbage))


@change
def append_events(store: Path, rng: random.Random) -> None:
    """Work goes on, in old sessions and new ones; a late hook writes into the month before."""
    start = datetime(2026, rng.choice((9, 10, 11)), rng.randint(1, 28), rng.randrange(20), tzinfo=timezone.utc)
    events = long_journal(rng.randint(1, 4), start)
    for event in events:
        event["id"] = f"{rng.getrandbits(128):032x}"
    append(store, events[rng.randrange(len(events)) :])


@change
def delete_month(store: Path, rng: random.Random) -> None:
    """Retention takes the oldest month."""
    for path in months(store)[:1]:
        path.unlink()


@change
def rewrite_in_place(store: Path, rng: random.Random) -> None:
    """A line is edited by hand: same length, same file; sometimes with its time set back."""
    for path in months(store)[-1:]:
        state = path.stat()
        data = path.read_bytes()
        changed = data.replace(b'"ready"', b'"draft"', rng.randint(1, 5))
        with path.open("r+b") as file:
            file.write(changed)
        os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))


@change
def cut_month(store: Path, rng: random.Random) -> None:
    """A disk loses the end of a file."""
    for path in rng.sample(months(store), min(1, len(months(store)))):
        os.truncate(path, rng.randint(0, path.stat().st_size))


@change
def tear(store: Path, rng: random.Random) -> None:
    """A line is torn at the end of a month; what follows is framed."""
    for path in months(store)[-1:]:
        with path.open("ab") as file:
            file.write(b'\n{"v":1,"id":"0123'[: rng.randint(1, 17)])


@change
def foreign(store: Path, rng: random.Random) -> None:
    """Somebody writes something else between the lines."""
    for path in rng.sample(months(store), min(1, len(months(store)))):
        data = path.read_bytes()
        at = rng.randint(0, len(data))
        path.write_bytes(data[:at] + rng.choice((b"\n", b"hello\n", b"\xff" * 900, b'{"v":1}\n')) + data[at:])


def cached(store: Path) -> bytes:
    """The cache's bytes, or none."""
    path = store / layout.CACHE
    return path.read_bytes() if path.exists() else b""


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(sorted(CHANGES)), min_size=1, max_size=6),
    st.integers(0, 2**32),
    st.sampled_from((SMALL, 2000, 9000)),
    st.sampled_from(SINCE),
)
def test_no_change_of_journal_or_cache_leads_to_a_figure_that_is_not_the_journals(
    changes: list[str], seed: int, block_bytes: int, since: datetime | None
) -> None:
    """Any of the changes above, one after another, with a question in between."""
    rng = random.Random(seed)
    with TemporaryDirectory() as project:
        store = store_in(Path(project))
        append(store, long_journal(12))
        load_features(store, NOW, since, block_bytes)
        for name in changes:
            CHANGES[name](store, rng)
            assert load_features(store, NOW, since, block_bytes) == plainly(store, since), name
        assert load_features(store, NOW, None, block_bytes) == plainly(store)


@pytest.mark.parametrize("name", sorted(CHANGES))
def test_each_change_alone_is_noticed(store: Path, name: str) -> None:
    """On a journal of a hundred blocks, all of them remembered."""
    check(store)
    CHANGES[name](store, random.Random(name))
    check(store)


# --- the cache


def test_a_long_journal_is_remembered_and_not_read_again(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once its months have come to rest, only what is new is read."""
    monkeypatch.setattr(cache, "SETTLED_AFTER_NS", -(10**12))
    before = load_features(store, NOW, None, SMALL)
    read: list[Cut] = []
    real = Cut.read
    monkeypatch.setattr(Cut, "read", lambda cut: noted(read, cut, real))
    assert load_features(store, NOW, None, SMALL) == before
    assert sum(cut.end - cut.start for cut in read) < SMALL, "at most a tail that still grows"


def noted(read: list[Cut], cut: Cut, real: Callable[[Cut], bytes]) -> bytes:
    """Read, and note it."""
    read.append(cut)
    return real(cut)


def test_what_is_appended_is_all_that_is_indexed_and_folded(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred blocks are remembered; the month that was touched is only compared."""
    load_features(store, NOW, None, SMALL)
    done: list[Cut] = []
    index, fold = blocks.indexed, blocks.folded
    monkeypatch.setattr(blocks, "indexed", lambda cut: done.append(cut) or index(cut))  # type: ignore[func-returns-value]
    monkeypatch.setattr(blocks, "folded", lambda work: done.append(work[0]) or fold(work))  # type: ignore[func-returns-value]
    append(store, Story(start=NOW).about("news").defines().events)
    assert of(load_features(store, NOW, None, SMALL).features, "news").completed == {"define"}
    assert 0 < len(done) < 8


def test_a_month_touched_a_moment_ago_is_checked_byte_by_byte(store: Path) -> None:
    """Within a tick of the file system's clock it could have been changed again."""
    check(store)
    path = months(store)[0]
    data = path.read_bytes()
    path.write_bytes(data.replace(b'"ready"', b'"draft"'))
    check(store)


def test_a_month_changed_within_one_tick_of_the_clock_is_noticed(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Same size, same time of change: only a time that lies well back is believed."""
    tick = time.time_ns()
    monkeypatch.setattr(
        history, "months_of", lambda folder: [month._replace(touched=tick) for month in months_of(folder)]
    )
    check(store)
    path = months(store)[0]
    path.write_bytes(path.read_bytes().replace(b'"ready"', b'"draft"'))
    check(store)


def test_a_line_seen_half_written_is_whole_at_the_next_question(store: Path) -> None:
    """Also in a month that is over: a late hook was just writing into it."""
    path = months(store)[0]
    event = Story(start=datetime(2026, 9, 30, 23, tzinfo=timezone.utc)).about("late").phase("define").events[0]
    line = line_of(event)
    for part in (line[:100], line[100:]):
        with path.open("ab") as file:
            file.write(part)
        check(store)
    assert of(load_features(store, NOW, None, SMALL).features, "late").started == {"define"}


def test_a_figure_altered_in_the_cache_is_not_believed(store: Path) -> None:
    """The line is still JSON; its checksum is not the line's."""
    load_features(store, NOW, None, SMALL)
    data = cached(store)
    for old, new in ((b'"active":', b'"active":9'), (b'"events":', b'"events":9')):
        at = data.index(old) + len(old)
        (store / layout.CACHE).write_bytes(data[:at] + new[len(old) :] + data[at + 1 :])
        assert cached(store) != data
        check(store)


def test_a_short_journal_needs_no_cache(tmp_path: Path) -> None:
    """It is folded in less time than a cache would take."""
    store = store_in(tmp_path)
    append(store, long_journal(2))
    assert load_features(store, NOW) == plainly(store)
    assert not (store / layout.CACHE).exists()


def test_a_recent_question_folds_only_the_blocks_it_is_about(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a hundred blocks a few."""
    folded: list[Cut] = []
    real = blocks.folded

    def noted(work: tuple[Cut, list[tuple[Cut, list[str]]]]) -> bytes:
        folded.append(work[0])
        return real(work)

    monkeypatch.setattr(blocks, "folded", noted)
    last = plainly(store).features[-1].first_seen
    assert len(load_features(store, NOW, last, SMALL).features) == 1
    assert 0 < len(folded) < 8


def test_a_feature_whose_name_fell_in_an_earlier_block_is_whole(tmp_path: Path) -> None:
    """A session names its feature in September and works on in November without naming it again."""
    store = store_in(tmp_path)
    story = Story(start=datetime(2026, 9, 1, 9, tzinfo=timezone.utc)).defines().session("long").phase("design")
    story.after(5).saved("design", "draft").turn_ended().session("other").about("other")
    for _ in range(30):
        story.defines().after(days=1)
    story.after(days=31).session("long").turn().reads("dbt").agent("custom").after(1).turn_ended()
    append(store, story.events)
    for since in SINCE:
        assert load_features(store, NOW, since, SMALL) == plainly(store, since)
    assert of(load_features(store, NOW, None, SMALL).features, "login").agent_runs == {"custom": 1}


@pytest.mark.parametrize("named", ["login", None])
def test_a_clock_that_went_back_within_a_session_loses_nothing(tmp_path: Path, named: str | None) -> None:
    """The session began in November and went on, by its clock, in February; its feature may have no name yet."""
    store = store_in(tmp_path)
    story = Story(named, start=datetime(2026, 11, 10, 9, tzinfo=timezone.utc)).phase("define").after(5).turn_ended()
    story.now = datetime(2026, 2, 1, tzinfo=timezone.utc)
    for _ in range(30):
        story.turn().reads("dbt").turn_ended()
    append(store, story.events)
    months(store)[0].rename(store / "events" / "2026-12.jsonl")
    for since in SINCE:
        assert load_features(store, NOW, since, SMALL) == plainly(store, since)


def test_the_draft_of_a_process_that_died_is_cleared_away(store: Path) -> None:
    """An old one goes; a fresh one belongs to somebody, so this time nothing is remembered."""
    draft = store / cache.DRAFT
    draft.write_bytes(b"half")
    check(store)
    assert draft.exists() and not (store / layout.CACHE).exists()
    long_ago = time.time() - 2 * cache.FORGOTTEN_AFTER_SECONDS
    os.utime(draft, (long_ago, long_ago))
    check(store)
    assert not draft.exists() and (store / layout.CACHE).exists()


def test_a_failing_disk_leaves_no_draft_behind(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rename is refused."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError

    monkeypatch.setattr(os, "rename", refuse)
    check(store)
    assert {path.name for path in store.iterdir()} == {layout.EVENTS}


def test_the_cache_is_private(store: Path) -> None:
    """As everything in the store."""
    load_features(store, NOW, None, SMALL)
    assert (store / layout.CACHE).stat().st_mode & 0o777 == 0o600


def test_a_link_planted_as_cache_is_neither_read_nor_written_through(store: Path, tmp_path: Path) -> None:
    """Its target stays as it is."""
    target = tmp_path / "target"
    target.write_bytes(b"mine")
    (store / layout.CACHE).symlink_to(target)
    check(store)
    assert target.read_bytes() == b"mine"


def test_other_code_does_not_trust_the_cache(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another version might fold differently."""
    load_features(store, NOW, None, SMALL)
    for code, trusts in ((cache._code(), True), (0, False)):
        monkeypatch.setattr(cache, "_code", lambda code=code: code)
        remembered = cache.load(str(store), months_of(str(store)))
        remembered.close()
        assert bool(remembered.heads) is trusts


def test_a_body_with_a_right_checksum_and_wrong_contents_is_folded_anew(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody went to the trouble."""
    load_features(store, NOW, None, SMALL)
    for wrong in (b"{}", b"[1]", b'[{"phase":1}]', b"[", b"[" * 100_000):
        monkeypatch.setattr(cache.Remembered, "body", lambda self, number, wrong=wrong: wrong)
        check(store)


# --- a store that is not as it should be


def test_a_store_that_is_not_there_has_no_features(tmp_path: Path) -> None:
    """Nothing was ever recorded."""
    assert load_features(tmp_path / ".claude" / "telemetry", NOW) == history.Loaded([], 0, 0)


def test_a_store_that_cannot_be_written_is_read_all_the_same(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is simply no cache. (Modes do not bind root, so the refusal is the file's own.)"""
    store.chmod(0o500)
    real = Store.open_file

    def read_only(self: Store, name: str, flags: int, folder: int | None = None) -> int:
        if flags & (os.O_WRONLY | os.O_CREAT):
            raise StoreRefused("erofs")
        return real(self, name, flags, folder)

    monkeypatch.setattr(Store, "open_file", read_only)
    check(store)
    store.chmod(0o700)
    assert not (store / layout.CACHE).exists()


@pytest.mark.parametrize("block_bytes", [SMALL, 10**7])
def test_a_month_that_vanishes_while_it_is_read_is_left_out(
    store: Path, monkeypatch: pytest.MonkeyPatch, block_bytes: int
) -> None:
    """Retention runs at the end of a session, in another process."""
    looks: list[int] = []

    def months_then_gone(folder: str) -> list[Month]:
        found = months_of(folder)
        if not looks:
            months(store)[0].unlink()
        looks.append(len(found))
        return found

    monkeypatch.setattr(history, "months_of", months_then_gone)
    assert load_features(store, NOW, None, block_bytes) == plainly(store)
    assert looks == [3, 2]


def test_a_store_where_months_never_stop_vanishing_is_given_up_without_an_error(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody should wait for ever."""

    def gone(*_: object) -> None:
        raise FileNotFoundError

    monkeypatch.setattr(history, "_load_short", gone)
    assert load_features(store, NOW) == history.Loaded([], 0, 0)


def test_garbage_collection_is_as_it_was_afterwards(store: Path) -> None:
    """It rests only while a journal is read, also where that fails."""
    import gc  # noqa: PLC0415

    assert gc.isenabled()
    load_features(store, NOW, None, SMALL)
    assert gc.isenabled()
    gc.disable()
    try:
        load_features(store, NOW + timedelta(1), None, SMALL)
        assert not gc.isenabled()
    finally:
        gc.enable()
