"""When the server is asked, what of its answer is believed, and what is said where nothing newer can be had."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from telemetry.community.release.signing import public_of
from telemetry.consent.facts import Gatherer
from telemetry.consent.state import State, StateRefused, open_state, state_path
from telemetry.contract.errors import TelemetryError
from telemetry.sharing import believed, benchmarks, wire
from telemetry.sharing.answer import Download
from telemetry.sharing.benchmarks import Benchmarks, NotShared, Wishes, benchmarks_for
from telemetry.sharing.purge import purge
from tests.sharing.behaviours import hang
from tests.sharing.homes import consenting
from tests.sharing.receiver import receiving
from tests.sharing.releases import KEY, OTHER, latest, month, release, tag_of

ENDPOINT = "https://reports.example.org"
LOOPBACK = "http://127.0.0.1:9"
NOW = datetime(2026, 11, 23, 10, tzinfo=timezone.utc)
OURS, THEIRS = public_of(KEY), public_of(OTHER)
W44, W45 = (latest(release(f"2026-W{week}"), month()) for week in (44, 45))
REFRESH = Wishes(refresh=True)
OFFLINE = Download(0, "unreachable")
FORGED = latest(release("2026-W46"), month(), key=OTHER).replace(b"5000", b"6000")


class Somebody:
    """A person who shares, and the server they ask: it answers with `gives`, and notes how it was asked."""

    def __init__(self, project: Path) -> None:
        self.projects = [project]
        self.gives: bytes | Download = W45
        self.asked: list[tuple[str, str | None]] = []

    def compares(self, hours: float = 0, wishes: Wishes = Wishes()) -> Benchmarks:  # noqa: B008 never changed
        """Ask for the benchmarks, so much later."""
        gatherers = [Gatherer(str(project), {}) for project in self.projects]
        return benchmarks_for(gatherers, NOW + timedelta(hours=hours), wishes, self._server)

    def fails(self, hours: float = 0, wishes: Wishes = Wishes()) -> TelemetryError:  # noqa: B008
        """The same, where there is nothing to show."""
        with pytest.raises(TelemetryError) as told:
            self.compares(hours, wishes)
        assert told.value.hint
        return told.value

    def _server(self, endpoint: str, known: str | None) -> Download:
        self.asked.append((endpoint, known))
        if isinstance(self.gives, Download):
            return self.gives
        is_known = known == tag_of(self.gives)
        return Download(304, "not_modified") if is_known else Download(200, "ok", self.gives)


@pytest.fixture(autouse=True)
def _consented_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """The yes was given before the moment of these tests, whatever day it is."""
    monkeypatch.setattr("tests.sharing.homes.now", lambda: NOW)


@pytest.fixture
def somebody(tmp_path: Path) -> Somebody:
    """Who shares with a server out there."""
    return Somebody(consenting(tmp_path, ENDPOINT))


@pytest.fixture
def developer(tmp_path: Path) -> Somebody:
    """Who shares with a server on this machine."""
    return Somebody(consenting(tmp_path, LOOPBACK))


def opened() -> State:
    """The person's state folder."""
    state = open_state()
    assert state is not None
    return state


def files(suffix: str) -> list[Path]:
    """What is kept of servers."""
    return sorted(Path(state_path()).glob(f"*{suffix}"))


# --- when it is asked


def test_the_newest_releases_come_with_how_they_stand(somebody: Somebody) -> None:
    """The first time by a key that was never seen."""
    found = somebody.compares()
    assert (found.week, found.month) == (release("2026-W45"), month())
    standing = found.standing
    assert (standing.week, standing.month, standing.age_days) == ("2026-W45", "2026-10", 14)
    assert (standing.is_old, standing.from_cache, standing.why, standing.development) == (False, False, None, False)
    assert (standing.fetched, standing.key, standing.first_seen) == (NOW, OURS, True)
    assert somebody.asked == [(ENDPOINT, None)]


def test_once_an_hour_is_enough(somebody: Somebody) -> None:
    """Unless the person wants it now; what is known is named by its hash, and confirmed."""
    somebody.compares()
    again = somebody.compares(0.9)
    assert again.standing.from_cache and again.standing.fetched == NOW and again.standing.why is None
    assert len(somebody.asked) == 1
    somebody.compares(0.95, REFRESH)
    assert somebody.asked[1:] == [(ENDPOINT, tag_of(W45))]
    confirmed = somebody.compares(3)
    assert len(somebody.asked) == 3
    assert not confirmed.standing.from_cache
    assert confirmed.standing.fetched == NOW + timedelta(hours=3)
    assert confirmed.week == release("2026-W45")


def test_a_clock_that_was_wrong_holds_nothing_up(somebody: Somebody) -> None:
    """A try in the future was none."""
    somebody.compares(24 * 300)
    somebody.compares()
    assert len(somebody.asked) == 2


def test_a_newer_release_takes_the_place_of_what_was_kept(somebody: Somebody) -> None:
    """And stays, offline."""
    somebody.gives = W44
    somebody.compares()
    somebody.gives = W45
    assert somebody.compares(2).standing.week == "2026-W45"
    somebody.gives = OFFLINE
    assert somebody.compares(4).standing.week == "2026-W45"


def turn_off(project: Path) -> None:
    """By hand."""
    config = project / ".claude" / "telemetry" / "config.yaml"
    config.write_text(config.read_text().replace("sharing: on", "sharing: off"))


def change_address(project: Path) -> None:
    """By hand, as a pull might."""
    config = project / ".claude" / "telemetry" / "config.yaml"
    config.write_text(config.read_text().replace("reports.example.org", "evil.example.org"))


def forget_word(project: Path) -> None:
    """As on another machine."""
    for receipt in files(".receipt"):
        receipt.unlink()


@pytest.mark.parametrize(
    ("what", "code"),
    [(turn_off, "sharing_off"), (change_address, "endpoint_changed"), (forget_word, "no_receipt")],
)
def test_where_the_gate_says_no_nothing_is_asked(somebody: Somebody, what: Callable[[Path], None], code: str) -> None:
    """Nor shown of what was kept."""
    somebody.compares()
    what(somebody.projects[0])
    with pytest.raises(NotShared) as refused:
        somebody.compares(2, REFRESH)
    assert refused.value.reason.code == code
    assert len(somebody.asked) == 1


def test_without_an_address_there_is_nobody_to_ask(tmp_path: Path) -> None:
    """Though reports are made, and wait."""
    somebody = Somebody(consenting(tmp_path))
    with pytest.raises(NotShared) as refused:
        somebody.compares()
    assert refused.value.reason.code == "no_endpoint"
    assert somebody.asked == []


def test_several_projects_are_compared_with_one_server(somebody: Somebody, tmp_path: Path) -> None:
    """Each of them must be shared, and with the same."""
    somebody.projects.append(consenting(tmp_path, ENDPOINT, name="two"))
    somebody.compares()
    assert len(somebody.asked) == 1
    somebody.projects.append(consenting(tmp_path, LOOPBACK, name="three"))
    assert "different servers" in somebody.fails(2).message
    turn_off(somebody.projects.pop())
    turn_off(somebody.projects[1])
    with pytest.raises(NotShared):
        somebody.compares(2)
    assert len(somebody.asked) == 1


# --- when there is no answer


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (OFFLINE, "could not be reached"),
        (Download(0, "timeout"), "did not answer in time"),
        (Download(0, "tls"), "who it is"),
        (Download(0, "proxy"), "proxy"),
        (Download(500, "http_500"), "the server answered 500"),
        (Download(302, "http_302"), "the server answered 302"),
        (Download(404, "http_404"), "the server answered 404"),
        (Download(404, "nothing_released"), "released nothing yet"),
        (Download(200, "too_large"), "too large"),
        (b"<html>Welcome</html>", "login page"),
        (W45 + b"\n", "changed on its way"),
        (latest(release("2026-W45") | {"schema": 2}), "does not know"),
        (latest(release("2026-W45", development=True)), "without noise"),
        (latest(release("2099-W10")), "not over yet"),
        (latest(release("2026-W45", reports=0)), "does not know"),
    ],
)
def test_what_was_kept_does_until_an_answer_can_be_had(
    somebody: Somebody, answer: bytes | Download, words: str
) -> None:
    """It says so and of when it is; without, it is an error that says what to do."""
    somebody.gives = answer
    assert words in somebody.fails().message
    assert files(believed.KEPT) == []
    somebody.gives = W44
    somebody.compares(1)
    somebody.gives = answer
    kept = somebody.compares(3)
    assert kept.standing.week == "2026-W44"
    assert kept.standing.from_cache and kept.standing.fetched == NOW + timedelta(hours=1)
    assert words in (kept.standing.why or "")
    tries = len(somebody.asked)
    assert words in (somebody.compares(3.5).standing.why or "")
    assert len(somebody.asked) == tries, "a server in trouble is not asked at every command"
    somebody.gives = W45
    assert somebody.compares(5).standing.why is None


def test_without_anything_kept_each_command_asks(somebody: Somebody) -> None:
    """There is nothing else to show."""
    somebody.gives = OFFLINE
    somebody.fails()
    somebody.fails(0.1)
    assert len(somebody.asked) == 2
    assert files(believed.PIN) == []


def test_a_confirmation_of_nothing_is_none(somebody: Somebody) -> None:
    """A 304 to who named nothing."""
    somebody.gives = Download(304, "not_modified")
    assert "no sense" in somebody.fails().message


@pytest.mark.parametrize(("days", "is_old"), [(34, False), (36, True)])
def test_what_ended_long_ago_is_said_to_be_old(somebody: Somebody, days: int, is_old: bool) -> None:
    """Five weeks after the end of its period; releases come each week, a week after theirs."""
    found = somebody.compares((days - 14) * 24)
    assert (found.standing.age_days, found.standing.is_old) == (days, is_old)


def test_a_full_disk_only_costs_another_request(somebody: Somebody, monkeypatch: pytest.MonkeyPatch) -> None:
    """The figures are shown."""
    somebody.compares()

    def full(*_: object) -> None:
        raise OSError(28, "full")

    monkeypatch.setattr(believed, "write_kept", full)
    somebody.gives = latest(release("2026-W46"), month())
    assert somebody.compares(2).standing.week == "2026-W46"


def test_a_server_that_hangs_is_not_waited_for_longer_than_a_person_would(monkeypatch: pytest.MonkeyPatch) -> None:
    """Over a real socket; the limits themselves are some seconds."""
    assert wire.WAITED_FOR == (5, 10, 15)
    monkeypatch.setattr(wire, "WAITED_FOR", wire.Limits(5, 0.3, 1))
    with receiving(always=hang) as receiver:
        assert benchmarks.over_the_wire(receiver.url, None) == (0, "timeout", b"")


# --- time does not run backwards


@pytest.mark.parametrize(
    ("later", "words"),
    [
        (W44, "older"),
        (latest(None, month()), "older"),
        (latest(release("2026-W45")), "older"),
        (latest(release("2026-W46"), month("2026-09")), "older"),
        (latest(release("2026-W45", reports=7000), month()), "other figures"),
        (latest(release("2026-W46"), month(reports=7000)), "other figures"),
    ],
)
def test_the_newer_is_kept_where_an_older_comes(somebody: Somebody, later: bytes, words: str) -> None:
    """Signed as it may be: an old file, or one made twice."""
    somebody.compares()
    somebody.gives = later
    found = somebody.compares(2)
    assert (found.week, found.month) == (release("2026-W45"), month())
    assert words in (found.standing.why or "")
    somebody.gives = OFFLINE
    assert somebody.compares(4).week == release("2026-W45")


def test_a_demo_makes_its_figures_as_often_as_it_likes(developer: Somebody) -> None:
    """They are nobody's."""
    for reports in (100, 200):
        developer.gives = latest(release("2026-W45", development=True, reports=reports))
        found = developer.compares(0, REFRESH)
        assert found.standing.development and found.standing.why is None
        assert found.week == release("2026-W45", development=True, reports=reports)


def test_exact_figures_of_elsewhere_are_not_shown_from_a_cache_either(somebody: Somebody) -> None:
    """However it came there."""
    somebody.compares()
    exact = latest(release("2026-W45", development=True)).decode()
    with opened() as state:
        kept = believed.read_kept(state, ENDPOINT)
        assert kept is not None
        believed.write_kept(state, kept._replace(file=exact))
    somebody.gives = OFFLINE
    somebody.fails()


@pytest.mark.parametrize("poison", [latest(release("2099-W10")), latest(release("2026-W47", ("2020-W01",)), month())])
def test_what_was_once_believed_wrongly_holds_nothing_up(somebody: Somebody, poison: bytes) -> None:
    """It is held to the same at each reading: an earlier version may have kept it."""
    somebody.compares()
    with opened() as state:
        kept = believed.read_kept(state, ENDPOINT)
        assert kept is not None
        believed.write_kept(state, kept._replace(file=poison.decode()))
    healed = somebody.compares(0.1)
    assert (healed.standing.week, healed.standing.why) == ("2026-W45", None)
    assert somebody.asked[1:] == [(ENDPOINT, None)]


# --- what lies here may be edited


def swap(file: Path, old: str, new: str) -> None:
    """Edit a file."""
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new"), [("5000", "6000"), ("fetched", "fetchee"), ('"mac"', '"mad"'), ("{", "["), ("2026-11-23", "now")]
)
def test_an_edited_cache_is_none(somebody: Somebody, old: str, new: str) -> None:
    """It is asked for again, whole."""
    somebody.compares()
    swap(files(believed.KEPT)[0], old, new)
    found = somebody.compares(0.1)
    assert found.week == release("2026-W45")
    assert somebody.asked[1:] == [(ENDPOINT, None)]
    swap(files(believed.KEPT)[0], old, new)
    somebody.gives = OFFLINE
    somebody.fails()


def test_a_cache_that_was_sealed_with_other_figures_is_proved_by_its_signature(somebody: Somebody) -> None:
    """Who can seal as the person still cannot sign as the server."""
    somebody.compares()
    with opened() as state:
        kept = believed.read_kept(state, ENDPOINT)
        assert kept is not None
        believed.write_kept(state, kept._replace(file=kept.file.replace("5000", "6000")))
    somebody.gives = OFFLINE
    somebody.fails()


def test_what_is_kept_of_one_server_says_nothing_of_another(somebody: Somebody) -> None:
    """Nor does a file under another's name."""
    somebody.compares()
    with opened() as state:
        pin, kept = believed.read_pin(state, ENDPOINT), believed.read_kept(state, ENDPOINT)
        assert pin and kept
        assert believed.read_pin(state, LOOPBACK) is None
        assert believed.read_kept(state, LOOPBACK) is None
        believed.write_pin(state, pin._replace(endpoint=LOOPBACK))
        believed.write_kept(state, kept._replace(endpoint=LOOPBACK))
    for suffix in believed.SUFFIXES:
        one, other = files(suffix)
        text = one.read_text()
        one.write_text(other.read_text())
        other.write_text(text)
    with opened() as state:
        assert believed.read_kept(state, ENDPOINT) is None
        with pytest.raises(believed.Altered):
            believed.read_pin(state, ENDPOINT)


def test_a_file_that_others_may_read_is_refused(somebody: Somebody) -> None:
    """As a receipt is."""
    somebody.compares()
    files(believed.PIN)[0].chmod(0o644)
    with pytest.raises(StateRefused, match="state_untrusted"):
        somebody.compares(2)


# --- whose key


def test_the_first_key_is_believed_and_said_for_a_day(somebody: Somebody) -> None:
    """Then it is old acquaintance."""
    assert somebody.compares().standing.first_seen
    assert somebody.compares(23).standing.first_seen
    assert not somebody.compares(25).standing.first_seen


def test_another_key_is_refused_until_the_person_says_so(somebody: Somebody) -> None:
    """Both keys are named; what was kept stays, and the hour does not help the other."""
    somebody.compares()
    somebody.gives = latest(release("2026-W46"), month(), key=OTHER)
    for hours in (2, 2.1):
        told = somebody.fails(hours)
        assert OURS in told.message and THEIRS in told.message and "--server-key" in told.hint
    mended = somebody.compares(2.2, Wishes(key=THEIRS))
    assert (mended.standing.week, mended.standing.key, mended.standing.first_seen) == ("2026-W46", THEIRS, False)
    assert somebody.asked[-1] == (ENDPOINT, None), "what the old key signed is not named any more"
    somebody.gives = W45
    assert "the one you named" in somebody.fails(4).message


def test_a_key_can_be_named_before_anything_is_seen(somebody: Somebody) -> None:
    """Then no other is believed, not even at first; one that proves nothing is not written down."""
    told = somebody.fails(0, Wishes(key=THEIRS)).message
    assert THEIRS in told and OURS in told
    assert files(believed.PIN) == files(believed.KEPT) == []
    found = somebody.compares(0, Wishes(key=OURS))
    assert not found.standing.first_seen
    assert found.standing.key == OURS


def test_a_slip_in_a_key_takes_no_other_keys_place(somebody: Somebody) -> None:
    """All three are named; who was believed is believed, offline as well."""
    somebody.compares()
    slip = "0" + OURS[1:] if OURS[0] != "0" else "1" + OURS[1:]
    told = somebody.fails(2, Wishes(key=slip)).message
    assert "the one you named" in told and "not written down" in told
    assert f"now: {OURS}" in told and f"named: {slip}" in told and f"believed as before: {OURS}" in told
    assert somebody.compares(2.1).standing.key == OURS
    somebody.gives = OFFLINE
    assert somebody.compares(4).standing.week == "2026-W45"


@pytest.mark.parametrize("answer", [OFFLINE, b"<html>", Download(304, "not_modified"), FORGED])
def test_a_key_that_nothing_proves_yet_is_not_written_down(somebody: Somebody, answer: bytes | Download) -> None:
    """It can be named again when the server answers."""
    somebody.compares()
    before = files(believed.PIN)[0].read_text()
    somebody.gives = answer
    told = somebody.fails(2, Wishes(key=THEIRS)).message
    assert f"named: {THEIRS}" in told and f"believed as before: {OURS}" in told
    assert files(believed.PIN)[0].read_text() == before
    somebody.gives = W45
    assert somebody.compares(2.1).standing.key == OURS


def test_what_is_kept_proves_the_key_that_signed_it(somebody: Somebody) -> None:
    """Who compared the digits need not be online to say so."""
    assert somebody.compares().standing.first_seen
    somebody.gives = OFFLINE
    assert not somebody.compares(2, Wishes(key=OURS)).standing.first_seen
    assert not somebody.compares(2.1).standing.first_seen


def test_a_key_that_no_release_proves_is_not_pinned(somebody: Somebody) -> None:
    """A forged file leaves no trace."""
    whole = json.loads(W45)
    whole["week"]["signature"] = "00" * 64
    somebody.gives = json.dumps(whole, sort_keys=True, separators=(",", ":")).encode()
    assert "not signed" in somebody.fails().message
    assert files(believed.PIN) == files(believed.KEPT) == []


def test_a_key_that_was_altered_is_not_believed(somebody: Somebody) -> None:
    """Nor is a new first one: the person has to say."""
    somebody.compares()
    swap(files(believed.PIN)[0], OURS, THEIRS)
    somebody.gives = latest(release("2026-W46"), month(), key=OTHER)
    told = somebody.fails(2)
    assert "altered" in told.message and "--server-key" in told.hint
    assert len(somebody.asked) == 1
    somebody.gives = W45
    assert somebody.compares(2, Wishes(key=OURS)).standing.key == OURS


def test_a_kill_between_key_and_file_costs_a_request(somebody: Somebody, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key stays."""

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(believed, "write_kept", killed)
        with pytest.raises(KeyboardInterrupt):
            somebody.compares()
    somebody.gives = latest(release("2026-W46"), key=OTHER)
    somebody.fails()
    somebody.gives = W45
    assert somebody.compares().standing.first_seen


# --- taking leave


def test_what_is_kept_of_a_server_goes_with_the_last_word_about_it(somebody: Somebody, tmp_path: Path) -> None:
    """Another project that shares with it keeps it."""
    somebody.projects.append(consenting(tmp_path, ENDPOINT, name="two"))
    somebody.compares()
    assert len(files(believed.PIN)) == len(files(believed.KEPT)) == 1
    for project, left in zip(somebody.projects, (1, 0), strict=True):
        with opened() as state:
            purge(str(project), state, NOW)
        assert len(files(believed.PIN)) == len(files(believed.KEPT)) == left


def test_no_word_of_the_project_chooses_a_key(somebody: Somebody) -> None:
    """config.yaml has no such name; what knows none of it is broken, and nothing is asked."""
    config: Any = somebody.projects[0] / ".claude" / "telemetry" / "config.yaml"
    config.write_text(config.read_text() + f"server_key: {THEIRS}\n")
    with pytest.raises(NotShared) as refused:
        somebody.compares()
    assert refused.value.reason.code == "config_broken"
    assert somebody.asked == []
