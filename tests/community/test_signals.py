"""What the makers are told: what was planted is found, and where nothing is, hardly anything is said."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime, timezone
from functools import cache
from math import sqrt
from pathlib import Path

import pytest

from telemetry.community import strangers
from telemetry.community.contributions import BANDS, BIN_EDGES, SLICES, contribution_of
from telemetry.community.main import main
from telemetry.community.records import Cell
from telemetry.community.release import verb
from telemetry.community.release.bounds import RHO_A_WEEK, Query, queries
from telemetry.community.release.budget import Limits
from telemetry.community.release.building import WITH_NOISE, WITHOUT_NOISE, tables
from telemetry.community.release.noised import Noised, draw, together, without_noise
from telemetry.community.release.signing import make_key
from telemetry.community.released import published
from telemetry.community.settings import Settings
from telemetry.community.signals import RULES, Measure, Signal, are_same, clearly, pooled, signals_of
from telemetry.contract.errors import TelemetryError
from telemetry.contract.release import Release, release_of
from tests.community.release.samples import WEEK, Sums, added_up, community, opendp

NOISY, EXACT = queries(RHO_A_WEEK), queries(0.0)
COMPARING = {  # kinds that say that something fares better or worse than something else
    *("complexity_ceiling", "agent_replaced", "agent_completes_less", "agent_rated_lower", "agent_gap"),
    *("judge_matters", "judge_quality", "weak_domain", "trend"),
}
MANY = 20_000


def release(noised: Noised, period: str = WEEK, *, exact: bool = False) -> Release:
    """What readers see of noised sums."""
    rules = WITHOUT_NOISE if exact else WITH_NOISE
    found = tables(noised, rules)
    return release_of(
        {
            "period": period,
            "weeks": noised.weeks,
            "development": exact,
            "manifest": {"k": 20, **rules._asdict(), "hidden": []},
            "tables": {table.slice: table.rows for table in found},
        }
    )


def exactly(cells: Iterable[Cell], period: str = WEEK) -> Release:
    """A release without noise."""
    return release(draw(period, cells, EXACT, without_noise), period, exact=True)


@cache
def planted() -> tuple[Cell, ...]:
    """The sums of a week of simulated strangers."""
    return tuple(community(MANY, seed=3))


def kinds(signals: Iterable[Signal]) -> dict[str, list[tuple[str, ...]]]:
    """What is said of what."""
    found: dict[str, list[tuple[str, ...]]] = {}
    for one in signals:
        found.setdefault(one.kind, []).append(one.about)
    return found


# --- planted effects


def test_what_was_planted_is_found_in_exact_figures() -> None:
    """Twelve points by a judge, the gap of .tf files, the ceiling, and where most stop."""
    found = signals_of([exactly(planted())])
    said = kinds(found)
    assert said["judge_matters"] == [("before_build",)]
    assert said["complexity_ceiling"] == [(">30",)]
    assert (".tf",) in said["agent_gap"]
    assert said["phase_drop_off"] == [("build", "ship")]
    assert said["slowest_phase"] == [("build",)]
    assert ("general",) in said["agent_completes_less"]
    assert all(phase == "build" for _, phase in said["costly_error"])
    judged = next(one for one in found if one.kind == "judge_matters")
    assert judged.against is not None
    assert judged.found.value - judged.against.value == pytest.approx(strangers.JUDGE_POINTS, abs=0.02)
    stop = next(one for one in found if one.kind == "phase_drop_off")
    assert stop.words.startswith("More features stop between /build and /ship than at any other step: ")
    gap = next(one for one in found if one.about == (".tf",))
    assert "terraform-specialist in 67%" in gap.words
    ceiling = next(one for one in found if one.kind == "complexity_ceiling")
    for one, word, points in ((judged, "more", 12), (gap, "more", 22), (ceiling, "less", 25)):
        said_to_be = re.search(rf"(\d+) points {word} often \((\d+) to (\d+)\)", one.words)
        assert said_to_be, one.words
        apart, least, most = map(int, said_to_be.groups())
        assert least < points < most and least < apart < most


def test_points_are_the_difference_of_the_shares_that_are_shown() -> None:
    """Below the sentence stand 90.4 and 79.6, with tenths: that is 11 points, and not the 10 of 90% and 80%."""
    sums = {"before_build": 904, "not_before_build": 796}
    cells = [Cell(WEEK, "judge", cell, "shipped", shipped) for cell, shipped in sums.items()]
    reports = [Cell(WEEK, "judge", cell, "reports", 1000) for cell in sums]
    (found,) = (one for one in signals_of([exactly([*cells, *reports])]) if one.kind == "judge_matters")
    assert " 11 points more " in found.words


def test_what_was_planted_is_found_through_the_noise() -> None:
    """In a month of four weeks of 200,000 reports each."""
    weeks = [cell._replace(value=cell.value * 10) for cell in planted()]
    month = release(together([draw(WEEK, weeks, NOISY, opendp) for _ in range(4)]), "2026-11")
    found = signals_of([month])
    assert kinds(found).keys() >= {
        "judge_matters",
        "judge_quality",
        "complexity_ceiling",
        "agent_gap",
        "phase_drop_off",
    }
    assert [one.weight for one in found] == sorted((one.weight for one in found), reverse=True)
    assert all(one.period == "2026-11" and one.found.low <= one.found.value <= one.found.high for one in found)
    assert all(one.found.n >= WITH_NOISE.rates_from for one in found)


def _changed(cells: Iterable[Cell], *changes: Cell) -> list[Cell]:
    """The cells, some of them with another value."""
    values = {cell[:4]: cell.value for cell in cells} | {cell[:4]: cell.value for cell in changes}
    return [Cell(*place, value) for place, value in values.items()]


def test_an_agent_that_builds_replace_is_named() -> None:
    """Clearly more often than the others."""
    cells = _changed(planted(), Cell(WEEK, "chosen_agent", "dbt-specialist", "replaced", 900))
    (found,) = (one for one in signals_of([exactly(cells)]) if one.kind == "agent_replaced")
    assert found.about == ("dbt-specialist",)
    assert found.words.startswith("Builds replace dbt-specialist in ")


def test_a_domain_that_fares_worse_is_named() -> None:
    """By how often its features ship."""
    reports = next(cell.value for cell in planted() if cell[1:4] == ("domain", "airflow", "reports"))
    cells = _changed(planted(), Cell(WEEK, "domain", "airflow", "shipped", reports // 3))
    assert ("airflow",) in kinds(signals_of([exactly(cells)]))["weak_domain"]


def test_what_changed_since_the_release_before_is_said() -> None:
    """Clearly, and only of two releases of one kind."""
    older = exactly([cell._replace(week="2026-W44") for cell in planted()], "2026-W44")
    shipped = next(cell.value for cell in planted() if cell[1:4] == ("all", "all", "shipped"))
    newer = exactly(_changed(planted(), Cell(WEEK, "all", "all", "shipped", shipped - 1600)))
    trends = [one for one in signals_of([newer], [older]) if one.kind == "trend"]
    assert [one.about for one in trends] == [("all", "all", "shipped")]
    assert trends[0].words == "All features: shipped 78% → 70% since 2026-W44."
    for other in (older._replace(period="2026-10"), older._replace(development=False), older._replace(period=WEEK)):
        assert "trend" not in kinds(signals_of([newer], [other]))


def test_what_a_month_says_its_week_does_not_repeat() -> None:
    """Each thing is said once, of the release that has more to say it with."""
    week = exactly(planted())
    month = week._replace(period="2026-11", weeks=("2026-W45",))
    assert {one.period for one in signals_of([month, week])} == {"2026-11"}


def test_a_table_that_is_not_shown_is_passed_over() -> None:
    """Every rule, on a release that shows nothing."""
    empty = exactly([])
    assert [list(rule(empty)) for rule in RULES] == [[]] * len(RULES)


# --- where nothing is


def test_of_strangers_without_effects_nothing_is_said_to_fare_better(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same lives, but shipping and quality depend on nothing: three communities, looked at exactly."""
    monkeypatch.setattr(strangers, "VERIFIED", dict.fromkeys((True, False), 0.8))
    flat = strangers.odds()._replace(band=(1.8,) * 3, judge=(0.0,) * 2, team=(0.0,) * len(strangers.TEAMS))
    monkeypatch.setattr(strangers, "odds", lambda: flat)
    for seed in (1, 2, 3):
        said = kinds(signals_of([exactly(community(5000, seed=seed))]))
        assert not COMPARING & said.keys(), said


def test_where_all_is_alike_hardly_anything_is_said() -> None:
    """80 pairs of weeks in which every cell of a table has the same chances, with all there is to compare in each: some
    twenty thousand looks, of which each rule may err in a twentieth of its weeks by chance, and is built to err less.
    """
    said: Counter[str] = Counter()
    for seed in range(80):
        weeks = [_alike(seed, week) for week in ("2026-W44", WEEK)]
        said.update(one.kind for one in signals_of(weeks[1:], weeks[:1]))
    del said["judge_does_not_matter"]  # which is true here, and may be said
    assert said.total() <= 4, said


def test_a_judge_that_makes_no_difference_is_said_to_make_none() -> None:
    """Where the intervals are narrow enough to know."""
    cells = [
        Cell(WEEK, "judge", cell, measure, value)
        for cell in ("before_build", "not_before_build")
        for measure, value in (("reports", 20_000), ("shipped", 16_000))
    ]
    assert kinds(signals_of([exactly(cells)])) == {"judge_does_not_matter": [("before_build",)]}


RATES = {  # parts of a whole, all with one chance
    **{("shipped", "reports"): 0.8, ("completed", "reports"): 0.8, ("moved", "reports"): 0.9},
    **{("replaced", "reports"): 0.1, ("recovered", "reports"): 0.5, ("judged", "reports"): 0.3},
}
SIZES = {"all": 60_000, "transition": 50_000, "band": 20_000, "judge": 30_000, "error": 2000}


def _alike(seed: int, week: str) -> Release:
    """A release of a week in which nothing differs from anything but by chance, its noise included."""
    chance = random.Random(f"{seed} {week}")
    noisy = draw(week, _flat(chance, week), NOISY, lambda values, query: _gaussian(chance, values, query))
    return release(noisy, week)


def _gaussian(chance: random.Random, values: Iterable[int], query: Query) -> list[int]:
    """As the mechanism's noise, but quick, and of a seed."""
    return [value + round(chance.gauss(0, query.scale)) for value in values]


def _flat(chance: random.Random, week: str) -> Iterator[Cell]:
    for part in SLICES:
        if part.name == "duration":
            bins = (f"{phase}|{edge}" for phase in ("define", "design", "build") for edge in BIN_EDGES[2:8])
            yield from (Cell(week, "duration", name, "reports", _count(chance, 5000, 0.5)) for name in bins)
            continue
        for cell in part.cells[:40]:
            reports = SIZES.get(part.name, 4000)
            yield Cell(week, part.name, cell, "reports", reports)
            for (measure, _), rate in RATES.items():
                if measure in part.measures and (part.name, measure) != ("file_type", "shipped"):
                    yield Cell(week, part.name, cell, measure, _count(chance, reports, rate))
            yield from _halves(chance, week, part.name, cell, reports)


def _halves(chance: random.Random, week: str, part: str, cell: str, reports: int) -> Iterator[Cell]:
    """Sums of what is not simply a share of all reports."""
    if part in ("agent", "judge"):
        yield Cell(week, part, cell, "rated", reports)
        yield Cell(week, part, cell, "quality", round(reports * 15 + chance.gauss(0, 4 * sqrt(reports))))
    if part == "file_type":
        yield Cell(week, part, cell, "with_specialist", reports // 2)
        shipped = [_count(chance, reports // 2, 0.8) for _ in range(2)]
        yield Cell(week, part, cell, "with_specialist_shipped", shipped[0])
        yield Cell(week, part, cell, "shipped", sum(shipped))


def _count(chance: random.Random, whole: int, rate: float) -> int:
    return round(chance.gauss(whole * rate, sqrt(whole * rate * (1 - rate))))


# --- when two differ


def test_two_figures_differ_where_their_intervals_do_not_overlap() -> None:
    """And further apart for many looks."""
    low, high = Measure(0.5, 0.45, 0.55, 400), Measure(0.62, 0.56, 0.68, 300)
    assert clearly(low, high)
    assert not clearly(high, low)
    assert not clearly(low, high, looks=10)
    assert not are_same(low, high)
    assert are_same(Measure(0.5, 0.49, 0.51, 9), Measure(0.51, 0.5, 0.515, 9))


def test_the_mean_of_figures_is_no_surer_than_they_are() -> None:
    """They may rest on the same reports."""
    assert pooled([Measure(0.4, 0.3, 0.5, 100), Measure(0.8, 0.7, 0.9, 300)]) == pytest.approx((0.7, 0.6, 0.8, 400))


def test_a_figure_that_noise_drove_out_of_what_can_be_is_not_compared() -> None:
    """It was put back to the end, and its interval with it: nobody can see how wide that was."""
    cut = {"figure": "with_specialist", "n": 1400, "value": 1000, "low": 1000, "high": 1000}
    other = {"figure": "without_specialist", "n": 2500, "value": 240, "low": 0, "high": 640}
    row = {"cell": [".yml"], "reports": {"value": 3900, "low": 3500, "high": 4300}, "figures": [cut, other]}
    manifest = {"k": 20, **WITH_NOISE._asdict(), "hidden": []}
    document = {"period": WEEK, "weeks": [WEEK], "manifest": manifest, "tables": {"file_type": [row]}}
    assert signals_of([release_of({**document, "development": False})]) == []
    assert kinds(signals_of([release_of({**document, "development": True})])) == {"agent_gap": [(".yml",)]}


# --- the verb


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A server's folder with development releases of two weeks and their month."""
    monkeypatch.setenv("AGENTSPEC_COMMUNITY_DATA", str(tmp_path))
    reports = [json.loads(line)["report"] for line in strangers.simulated(1, 4000)]
    weeks = ("2026-W44", "2026-W45")
    sums = Sums(
        added_up(
            contribution_of(report, report["session"]["id"], weeks[number % 2]) for number, report in enumerate(reports)
        )
    )
    make_key(Settings(data=tmp_path).key)
    now = datetime(2026, 11, 23, tzinfo=timezone.utc)
    list(verb.release(Settings(data=tmp_path), sums, Limits(0.2, 10.4), now, development=True))
    return tmp_path


@pytest.mark.usefixtures("data")
def test_signals_are_shown_in_80_columns_and_a_demo_is_marked(capsys: pytest.CaptureFixture[str]) -> None:
    """First and last, loudly."""
    assert main(["signals"]) == 0
    shown = capsys.readouterr().out
    lines = shown.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0] == "IMPROVEMENT SIGNALS (2026-11, 2026-W45)"
    assert lines[2] == lines[-1] and "DEVELOPMENT" in lines[2]
    assert re.search(r"points less often \(\d+ to \d+\) than those of <10 files", " ".join(shown.split()))
    assert "How to read it" in shown


@pytest.mark.usefixtures("data")
def test_signals_are_also_for_other_tools(capsys: pytest.CaptureFixture[str]) -> None:
    """Each with its kind, words, value, interval, n and period."""
    assert main(["signals", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["development"] is True
    assert (found["periods"], found["compared_with"]) == (["2026-11", "2026-W45"], ["2026-10", "2026-W44"])
    assert {one["kind"] for one in found["signals"]} >= {"judge_matters", "complexity_ceiling"}
    for one in found["signals"]:
        assert one.keys() >= {"kind", "about", "words", "figure", "value", "low", "high", "n", "period", "against"}
        assert one["low"] <= one["value"] <= one["high"]


def test_only_what_this_servers_key_signed_is_believed(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A changed byte, another key, another name: the file is named, and nothing is shown."""
    file = data / "releases" / "2026-W45.json"
    good = file.read_bytes()
    (data / "releases" / "2026-W46.json").write_bytes(good)
    assert main(["signals"]) == 1
    assert "2026-W46.json" in capsys.readouterr().err
    (data / "releases" / "2026-W46.json").unlink()
    file.write_bytes(good.replace(b'"value":1', b'"value":2', 1))
    assert main(["signals"]) == 1
    captured = capsys.readouterr()
    assert captured.out == "" and "2026-W45.json" in captured.err
    file.write_bytes(good)
    Settings(data=data).key.unlink()
    make_key(Settings(data=data).key)
    assert main(["signals"]) == 1
    assert "other_key" in capsys.readouterr().err


def test_before_the_first_release_the_hint_says_what_to_do(tmp_path: Path) -> None:
    """An expected error; other files in the folder are not looked at."""
    with pytest.raises(TelemetryError, match="nothing is released"):
        published(tmp_path / "none", "00")
    (tmp_path / "latest.json").write_bytes(b"{}")
    (tmp_path / "2026-W99.json").write_bytes(b"{}")
    with pytest.raises(TelemetryError, match="nothing is released"):
        published(tmp_path, "00")


def test_bands_are_in_the_order_of_size() -> None:
    """On which the ceiling rests."""
    assert BANDS == ("<10", "10-30", ">30")
