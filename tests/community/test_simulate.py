"""Strangers that never were: what is planted in them is found again in the sums, and a strict server takes them."""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path

import pytest

from telemetry.community.contributions import contribution_of
from telemetry.community.plausibility import reason_against
from telemetry.community.simulate import BATCH, PROGRESS, main, planted_truth, send, simulated
from telemetry.community.strangers import BAND_SHARES, JUDGE_POINTS, TEAMS, Team, odds, strangers
from telemetry.contract.categories import CATEGORIES, category_of
from telemetry.contract.errors import TelemetryError
from telemetry.contract.report_check import is_report
from telemetry.sharing.canonical import canonical
from telemetry.sharing.guard import refusal_of
from tests.sharing.behaviours import cut_after_reading, garbage, nothing_of_use, ok, omitting, redirect, status
from tests.sharing.receiver import receiving
from tests.sharing.reports import Json

COUNT = 5000
ERRORS_ALLOWED = 3.5  # standard errors: of two dozen figures none is further off, but by a chance of one in a hundred
Sums = Counter[tuple[str, str, str]]


@pytest.fixture(scope="module")
def lines() -> list[bytes]:
    """Five thousand of them."""
    return list(simulated(4, COUNT))


@pytest.fixture(scope="module")
def sums(lines: list[bytes]) -> Sums:
    """All that they add."""
    found: Sums = Counter()
    for line in lines:
        report = json.loads(line)["report"]
        for increment in contribution_of(report, report["session"]["id"], "2026-W47").increments:
            found[increment[:3]] += increment.amount
    return found


def test_every_stranger_is_an_honest_client(lines: list[bytes]) -> None:
    """Valid, canonical, plausible, let pass by the client's own last guard, and nobody else."""
    sealed = [json.loads(line) for line in lines]
    assert all(map(is_report, sealed))
    assert {reason_against(one["report"]) for one in sealed} == {None}
    assert [canonical(one) for one in sealed[:500]] == lines[:500]
    assert {refusal_of(line) for line in lines[:500]} == {None}
    assert (
        len({one["report"]["session"]["id"] for one in sealed}) == len({one["withdrawal"] for one in sealed}) == COUNT
    )


def test_the_same_seed_gives_the_same_bytes() -> None:
    """Another one gives others."""
    assert list(simulated(1, 20)) == list(simulated(1, 20)) == list(simulated(1, 50))[:20]
    assert not set(simulated(1, 20)) & set(simulated(2, 20))


def test_a_stranger_can_take_its_report_back() -> None:
    """By the token whose hash is in it; it says the hour that it was told."""
    one = next(strangers(1, 1, datetime(2026, 11, 22, 10, 59, tzinfo=timezone.utc)))
    sealed = json.loads(one.line)
    assert sealed["withdrawal"] == hashlib.sha256(one.token.encode()).hexdigest()
    assert sealed["report"]["session"]["timestamp"] == "2026-11-22T10:00:00Z"


def test_every_category_has_its_strangers(lines: list[bytes]) -> None:
    """And each team is of the category that it is planted in."""
    by_builders = {frozenset(team.builders): team.category for team in TEAMS}
    found: set[str | None] = set()
    for line in lines[:1000]:
        report: Json = json.loads(line)["report"]
        names = frozenset(row["agent_type"] for row in report["agents"]["effectiveness"])
        planted = {category for builders, category in by_builders.items() if builders <= names}
        assert planted == ({category_of(report)} if names else set())
        found.add(category_of(report))
    assert found == {*CATEGORIES, None}


# --- what is planted


def assert_share(sums: Sums, cell: tuple[str, str], planted: float, hits: str = "shipped", of: str = "reports") -> None:
    """A share is as planted, within its sampling error."""
    n = sums[(*cell, of)]
    error = math.sqrt(planted * (1 - planted) / n)
    assert abs(sums[(*cell, hits)] / n - planted) < ERRORS_ALLOWED * error, (cell, sums[(*cell, hits)] / n, planted, n)


def test_how_you_compare_is_found_again(sums: Sums) -> None:
    """Ship rate, judge adoption, mean time, agents per feature: from the cells of `all`."""
    truth = planted_truth()
    everything = ("all", "all")
    assert_share(sums, everything, truth.ship_rate)
    assert_share(sums, everything, truth.judge_adoption, "judged")
    seconds = sums["all", "all", "seconds"] / sums["all", "all", "timed"]
    assert abs(seconds / truth.seconds - 1) < ERRORS_ALLOWED * 0.7 / math.sqrt(sums["all", "all", "timed"])
    assert abs(sums["all", "all", "agents"] / sums["all", "all", "staffed"] - truth.agents) < 0.05


def test_the_judges_twelve_points_are_found_again(sums: Sums) -> None:
    """Between what was judged before its build and what was not."""
    truth = planted_truth()
    assert truth.judged - truth.unjudged == pytest.approx(JUDGE_POINTS)
    assert_share(sums, ("judge", "before_build"), truth.judged)
    assert_share(sums, ("judge", "not_before_build"), truth.unjudged)


def test_the_agent_gap_is_found_again(sums: Sums) -> None:
    """Of features with .tf files: 93 % with a specialist, 71 % without, and 67 % have one."""
    truth = planted_truth()
    cell = ("file_type", ".tf")
    assert_share(sums, cell, truth.tf_use, "with_specialist")
    assert_share(sums, cell, truth.tf_with_agent, "with_specialist_shipped", "with_specialist")
    without = {
        ("file_type", ".tf", measure): sums[(*cell, measure)] - sums[(*cell, special)]
        for measure, special in (("reports", "with_specialist"), ("shipped", "with_specialist_shipped"))
    }
    assert_share(Counter(without), cell, truth.tf_without_agent)
    assert_share(sums, ("file_type_agent", ".tf|terraform-specialist"), truth.tf_with_agent)


def test_the_complexity_ceiling_is_found_again(sums: Sums) -> None:
    """92, 85 and 67 %."""
    for band, planted in planted_truth().bands.items():
        assert_share(sums, ("band", band), planted)


def test_the_teams_are_found_again(sums: Sums) -> None:
    """Each pair of specialists in its kind of work."""
    for (category, pair), planted in planted_truth().pairs.items():
        assert_share(sums, ("category_pair", f"{category}|{pair}"), planted)


def test_the_drop_off_is_found_again(sums: Sums) -> None:
    """From phase to phase."""
    for step, planted in planted_truth().moved.items():
        assert_share(sums, ("transition", step), planted, "moved")


def test_planted_shares_hold_exactly_for_the_community_as_a_whole() -> None:
    """The chances of all kinds of features, each with its share, come to what is planted."""
    found, truth = odds(), planted_truth()
    planned = sum(share * truth.bands[band] for band, share in BAND_SHARES.items()) / truth.ship_rate
    judged = truth.judge_adoption * planned
    kinds = [
        (share * (judged if judge else 1 - judged) * team.share, band, judge, team, found.shipped(number, judge, place))
        for number, (band, share) in enumerate(BAND_SHARES.items())
        for judge in (0, 1)
        for place, team in enumerate(TEAMS)
    ]

    def mean(of: Callable[[str, int, Team], bool]) -> float:
        some = [(share, chance) for share, band, judge, team, chance in kinds if of(band, judge, team)]
        return sum(share * chance for share, chance in some) / sum(share for share, _ in some)

    for band, planted in truth.bands.items():
        assert mean(lambda its, judge, team, band=band: its == band) == pytest.approx(planted, abs=1e-9)  # type: ignore[misc]
    assert mean(lambda band, judge, team: judge == 1) == pytest.approx(truth.judged, abs=1e-9)
    assert mean(lambda band, judge, team: judge == 0) == pytest.approx(truth.unjudged, abs=1e-9)
    assert mean(lambda band, judge, team: "terraform-specialist" in team.builders) == pytest.approx(0.93, abs=1e-9)


# --- the verb


def test_lines_are_written_to_a_file(tmp_path: Path) -> None:
    """One a line, as many as were asked for."""
    out = tmp_path / "reports"
    assert main(["--seed", "3", "--count", "12", "--out", str(out)]) == 0
    written = out.read_bytes()
    assert written.endswith(b"\n") and all(is_report(json.loads(line)) for line in written.splitlines())
    assert len(written.splitlines()) == 12


def test_a_strict_server_takes_all_of_them(capsys: pytest.CaptureFixture[str]) -> None:
    """In batches of fifty, with the headers of the client; sent again they are duplicates."""
    with receiving() as receiver:
        arguments = ["--seed", "3", "--count", str(2 * BATCH + 20), "--send", receiver.url]
        assert main(arguments) == 0
        assert main(arguments) == 0
    assert capsys.readouterr().out.splitlines() == [
        "120 accepted, 0 duplicate, 0 rejected",
        "0 accepted, 120 duplicate, 0 rejected",
    ]
    assert set(receiver.ledger.times.values()) == {2}
    assert receiver.ledger.violations == []


def test_a_busy_server_is_given_time() -> None:
    """As much as it asks for; then the same batch comes again."""
    waited: list[float] = []
    with receiving(status(503, retry_after=7), status(429, retry_after=2), status(503)) as receiver:
        assert send(simulated(3, 5), receiver.url, waited.append) == Counter(accepted=5)
    assert waited == [7, 2, 1]
    assert set(receiver.ledger.times.values()) == {1} and receiver.ledger.violations == []


def test_all_that_a_server_asks_for_is_waited_and_said_up_to_an_end() -> None:
    """Not less, or it asks again; no more in all than there is patience for, and what lifts the limit is named."""
    waited, told = list[float](), list[str]()
    with (
        receiving(
            status(429, retry_after=300), ok, status(503, retry_after=100), always=status(429, retry_after=201)
        ) as receiver,
        pytest.raises(TelemetryError, match="201 seconds more") as gives_up,
    ):
        send(simulated(3, 2 * BATCH), receiver.url, waited.append, 600, told.append)
    assert waited == [300, 100]
    assert [words.partition(",")[0] for words in told] == ["waiting for 300 seconds", "waiting for 100 seconds"]
    assert ["429" in words for words in told] == [True, False]
    assert "AGENTSPEC_COMMUNITY_REPORTS_PER_HOUR" in gives_up.value.hint


def test_where_it_is_not_said_how_long_waits_grow_and_end() -> None:
    """They do not go on for ever."""
    waited = list[float]()
    with receiving(always=status(503)) as receiver, pytest.raises(TelemetryError):
        send(simulated(3, 5), receiver.url, waited.append, 100)
    assert waited == [0.25, 0.5, 1, 2, 4, 8, 16, 30, 30]


def test_progress_is_told_where_it_does_not_disturb(capsys: pytest.CaptureFixture[str]) -> None:
    """On standard error; a few reports need none. The server that asks for time is told of there, too."""
    with receiving(status(503, retry_after=0)) as receiver:
        assert main(["--count", str(PROGRESS * BATCH), "--send", receiver.url]) == 0
    out, err = capsys.readouterr()
    assert out == "500 accepted, 0 duplicate, 0 rejected\n"
    assert [line.split(": ", 1)[1][:20] for line in err.splitlines()] == ["waiting for 0 second", "500 sent"]


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        (status(503), "can take nothing now"),
        (status(429, retry_after=601), "asks for 601 seconds more: it has taken what it takes of one address"),
        (status(400), "answered 400"),
        (redirect(307), "answered 307"),
        (garbage, "cannot be read"),
        (nothing_of_use, "cannot be read"),
        (omitting(2), "cannot be read"),
        (cut_after_reading, "no answer"),
    ],
    ids=["busy", "too long", "refused", "redirect", "no json", "no results", "one result less", "cut"],
)
def test_what_does_not_work_is_said(behaviour: Callable[..., None], said: str) -> None:
    """In one sentence."""
    with receiving(always=behaviour) as receiver, pytest.raises(TelemetryError, match=said):
        send(simulated(3, 5), receiver.url, lambda seconds: None)


def test_the_verb_says_what_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    """And ends with 1; a wrong word on the line ends with 2."""
    with receiving(ok) as receiver:
        pass
    assert main(["--count", "1", "--send", receiver.url]) == 1
    assert "Is the server running?" in capsys.readouterr().err
    for wrong in (["--count", "0"], ["--patience", "-1"], ["--send", "file:///etc/passwd"], ["--send", "nowhere"]):
        with pytest.raises(SystemExit, match="2"):
            main(wrong)


def test_the_truth_can_be_read_by_other_programs(capsys: pytest.CaptureFixture[str]) -> None:
    """As JSON."""
    assert main(["--truth"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["bands"] == planted_truth().bands
    assert told["pairs"]["infrastructure|infra-deployer|terraform-specialist"] == 0.93
