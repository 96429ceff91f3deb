"""What is due is made, once, in order, within the budget."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from telemetry.community.contributions import SLICES, TIMED
from telemetry.community.release.bounds import RHO_A_WEEK, RHO_A_YEAR, Query
from telemetry.community.release.budget import Limits, Store, opened
from telemetry.community.release.figures import FIGURES, QUANTILES
from telemetry.community.release.making import Job, due, make, require_known
from telemetry.community.release.noised import Mechanism
from telemetry.community.release.publish import MOST_BYTES, latest
from telemetry.community.release.signing import Key, public_of
from telemetry.contract.errors import TelemetryError
from telemetry.contract.resources import shipped
from telemetry.contract.signature import verify
from tests.community.release.samples import NOW, Sums, community, opendp

SCHEMA = yaml.safe_load(shipped("schemas", "release.yaml").read_text(encoding="utf-8"))
KEY = Key.generate()
OCTOBER = [f"2026-W{number}" for number in range(40, 45)]
SUMS = Sums([cell._replace(week=week) for week in OCTOBER for cell in community(3000)])
LIMITS = Limits(RHO_A_WEEK, RHO_A_YEAR)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty releases' database."""
    with opened(tmp_path / "releases.db", False) as found:
        yield found


def job(store: Store, mechanism: Mechanism | None = opendp, limits: Limits = LIMITS, sums: Sums = SUMS) -> Job:
    """With this test's key."""
    return Job(store, sums, KEY, mechanism, limits)


def opened_file(store: Store, period: str) -> dict[str, Any]:
    """A release, verified."""
    return verify(store.release_of(period) or b"", public_of(KEY))


SOME = Sums([cell._replace(week=week) for week in ("2026-W42", "2026-W44", "2026-W47") for cell in community(5)])


@pytest.mark.parametrize("sums", [SOME, Sums([])])
def test_what_is_due_depends_on_the_clock_and_never_on_what_was_counted(store: Store, sums: Sums) -> None:
    """From the week that releases begin with to the newest that is closed, seven days after its end."""
    store.begin("2026-W43")
    assert due(store, sums, NOW) == ["2026-W43", "2026-W44", "2026-W45", "2026-W46"]
    assert due(store, sums, NOW - timedelta(seconds=1)) == ["2026-W43", "2026-W44", "2026-W45"]


def test_releases_without_a_start_begin_with_the_week_of_the_first_look(store: Store) -> None:
    """That week and not an earlier one, however many reports those have."""
    assert due(store, SOME, NOW) == []
    assert due(store, SOME, NOW + timedelta(days=14)) == ["2026-W48"]


def test_development_releases_the_weeks_that_have_sums(tmp_path: Path) -> None:
    """Open ones, too."""
    with opened(tmp_path / "development.db", True) as store:
        assert due(store, SOME, NOW) == ["2026-W42", "2026-W44", "2026-W47"]


def test_a_week_without_reports_is_released_like_any_other(store: Store) -> None:
    """Whether anybody shared is for the noise to hide."""
    assert make(job(store, sums=Sums([])), OCTOBER[:1]) == OCTOBER[:1]
    assert store.spent() == pytest.approx(RHO_A_WEEK)


def test_what_was_published_by_a_lost_database_is_not_drawn_again(store: Store) -> None:
    """Two draws of a week are more than was paid for."""
    make(job(store), OCTOBER[:1])
    require_known(store, {OCTOBER[0]})
    with pytest.raises(TelemetryError, match="2026-10, 2026-W41") as lost:
        require_known(store, {*OCTOBER[:2], "2026-10"})
    assert "backup" in lost.value.hint


def test_a_month_is_released_with_its_last_week(store: Store) -> None:
    """And not before."""
    assert make(job(store), OCTOBER[:-1]) == OCTOBER[:-1]
    assert make(job(store), OCTOBER) == [OCTOBER[-1], "2026-10"]
    assert opened_file(store, "2026-10")["weeks"] == OCTOBER


def test_a_week_is_never_noised_again(store: Store) -> None:
    """Whoever asks again gets the same bytes; the noise is not even drawn."""
    make(job(store), OCTOBER[:1])
    first = store.release_of(OCTOBER[0])

    def never(values: Sequence[int], query: Query) -> Sequence[int]:
        raise AssertionError

    assert make(job(store, never), OCTOBER[:1]) == []
    assert store.release_of(OCTOBER[0]) == first
    assert store.spent() == pytest.approx(RHO_A_WEEK)


def test_the_budget_ends_releases_before_anything_is_read(store: Store) -> None:
    """What was made before stays."""
    with pytest.raises(TelemetryError, match=OCTOBER[2]):
        make(job(store, limits=Limits(0.2, 0.5)), OCTOBER)
    assert list(store.releases()) == OCTOBER[:2]
    assert store.spent() == pytest.approx(0.4)


def test_a_kill_before_the_commit_leaves_nothing(store: Store) -> None:
    """No draw, no price, no file; the next run makes it all."""

    def killed(values: Sequence[int], query: Query) -> Sequence[int]:
        if query.slice == "judge":
            raise KeyboardInterrupt
        return opendp(values, query)

    with pytest.raises(KeyboardInterrupt):
        make(job(store, killed), OCTOBER[:1])
    assert store.weeks() == [] and store.releases() == {} and store.spent() == 0
    assert make(job(store), OCTOBER[:1]) == OCTOBER[:1]


def test_every_file_fits_the_schema_and_is_small(store: Store) -> None:
    """Week, month and latest.json."""
    make(job(store), OCTOBER)
    for file in (*store.releases().values(), latest(store.releases())):
        jsonschema.validate(json.loads(file), SCHEMA)
    assert all(len(file) <= MOST_BYTES for file in store.releases().values())


def test_the_manifest_says_how_it_was_made_and_what_it_cost(store: Store) -> None:
    """In whole numbers, of this release, of the year, and ever."""
    make(job(store), OCTOBER)
    week, month = (opened_file(store, period)["manifest"] for period in (OCTOBER[1], "2026-10"))
    assert (week["k"], week["k_counts"], week["client_reports_per_week"]) == (20, "reports", 10)
    assert (week["rates_from"], week["ranks_from"]) == (300, 1000)
    assert week["delta_billionths"] == 1000
    assert week["this"] == {"rho_millionths": 200_000, "epsilon_thousandths": 3132}
    assert week["one_report"] == {"rho_millionths": 2000, "epsilon_thousandths": 265}
    assert week["ever"]["rho_millionths"] == 400_000
    assert month["this"]["rho_millionths"] == month["year"]["rho_millionths"] == 1_000_000
    assert month["one_report"] == week["one_report"]
    seconds = next(query for query in week["queries"] if query["measure"] == "seconds")
    assert (seconds["cells"], seconds["cells_per_report"], seconds["most_per_cell"]) == (1, 1, 36_000)
    assert [hidden["slice"] for hidden in week["hidden"]] == [part.name for part in SLICES]


def test_one_report_costs_what_it_does_in_the_dearest_week_of_a_month(store: Store) -> None:
    """It may be in that one."""
    make(job(store), OCTOBER[:2])
    make(job(store, limits=Limits(RHO_A_WEEK / 2, RHO_A_YEAR)), OCTOBER)
    month = opened_file(store, "2026-10")["manifest"]
    assert month["one_report"]["rho_millionths"] == 2000
    assert month["this"]["rho_millionths"] == 700_000


def test_the_noise_of_a_month_is_that_of_its_weeks(store: Store) -> None:
    """Added by their squares: five weeks have the root of five."""
    make(job(store), OCTOBER)
    week, month = (opened_file(store, period)["manifest"]["queries"][0] for period in (OCTOBER[0], "2026-10"))
    assert month["sigma_thousandths"] == pytest.approx(5**0.5 * week["sigma_thousandths"], abs=2)


def test_development_is_marked_and_costs_nothing(tmp_path: Path) -> None:
    """Exact figures; again and again."""
    with opened(tmp_path / "development.db", True) as store:
        assert make(job(store, None), OCTOBER[:1]) == [OCTOBER[0], "2026-10"]
        assert make(job(store, None), OCTOBER[:1]) == [OCTOBER[0], "2026-10"]
        week = opened_file(store, OCTOBER[0])
    jsonschema.validate(json.loads(latest({OCTOBER[0]: json.dumps({"x": 1}).encode()})), {"type": "object"})
    assert week["development"] is True
    assert week["manifest"]["mechanism"] == "none"
    assert week["manifest"]["this"] == {"rho_millionths": 0, "epsilon_thousandths": 0}
    assert week["tables"]["all"][0]["reports"] == {"value": 3000, "low": 3000, "high": 3000}


def test_the_schema_knows_every_word_that_a_release_can_say() -> None:
    """No more, no less."""
    words = {word for part in SLICES if part.name != "duration" for cell in part.cells for word in cell.split("|")}
    definitions = SCHEMA["$defs"]
    assert set(definitions["word"]["enum"]) == words | set(TIMED)
    assert definitions["slice"]["enum"] == [part.name for part in SLICES]
    assert (
        definitions["tables"]["required"] == list(definitions["tables"]["properties"]) == definitions["slice"]["enum"]
    )
    assert set(definitions["measure"]["enum"]) == {measure for part in SLICES for measure in part.measures}
    assert set(definitions["figure"]["enum"]) == {one.name for all_of in FIGURES.values() for one in all_of} | set(
        QUANTILES
    )
