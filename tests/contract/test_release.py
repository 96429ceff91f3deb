"""A release as records: all that was signed, word for word and number for number."""

from __future__ import annotations

import json

import pytest

from telemetry.community.contributions import SLICES
from telemetry.community.release.bounds import RHO_A_WEEK, RHO_A_YEAR
from telemetry.community.release.budget import Limits, opened
from telemetry.community.release.making import Job, make
from telemetry.community.release.signing import Key
from telemetry.contract.release import Figure, Release, release_of
from tests.community.release.samples import WEEK, Sums, community


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """A week of 1,500 simulated strangers, as a server in development mode releases it."""
    limits = Limits(RHO_A_WEEK, RHO_A_YEAR)
    with opened(tmp_path_factory.mktemp("releases") / "releases.db", True) as store:
        make(Job(store, Sums(community(1500)), Key.generate(), None, limits), [WEEK])
        found: dict[str, object] = json.loads(store.release_of(WEEK) or b"")["release"]
    return found


def written(release: Release) -> dict[str, object]:
    """Its tables as the server writes them."""
    return {
        name: [
            {
                "cell": list(row.cell),
                "reports": row.reports._asdict(),
                "figures": [{"figure": one.name, **one._asdict()} for one in row.figures],
            }
            for row in rows
        ]
        for name, rows in release.tables.items()
    }


def test_nothing_is_lost_or_changed(document: dict[str, object]) -> None:
    """Every row of every table, in its order."""
    found = written(release_of(document))
    for rows in found.values():
        for row in rows:  # type: ignore[attr-defined]
            for figure in row["figures"]:
                del figure["name"]
    assert found == document["tables"]
    assert list(found) == sorted(part.name for part in SLICES)


def test_it_says_what_it_is(document: dict[str, object]) -> None:
    """Period, development, and the rules for those who read it."""
    release = release_of(document)
    assert (release.period, release.weeks, release.is_month) == (WEEK, (WEEK,), False)
    assert (release.development, release.k, release.rates_from, release.ranks_from) == (True, 20, 20, 30)
    assert release.reports == 1500
    assert release.hidden.keys() == {part.name for part in SLICES}
    assert release_of({**document, "period": "2026-11"}).is_month


def test_a_cell_is_found_by_its_words(document: dict[str, object]) -> None:
    """And what is not shown is None, not an error."""
    release = release_of(document)
    row = release.row("category_pair", "data_pipelines", "spark-specialist", "test-generator")
    assert row is not None and row.reports.value > 100
    assert row.figure("shipped") is not None and row.figure("median") is None
    assert release.row("category_pair", "data_pipelines") is None
    assert release.rows("no_table") == ()
    empty = release_of({**document, "tables": {"all": []}})
    assert empty.reports == 0


def test_thousandths_are_read_as_units() -> None:
    """780 thousandths are 0.78."""
    figure = Figure("shipped", 300, 780, 750, 810)
    assert (figure.number, figure.least, figure.most) == (0.78, 0.75, 0.81)
