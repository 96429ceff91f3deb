"""What a release says about itself: how it was bounded, noised and hidden, and what it cost so far. Pure.

Whole numbers: ρ in millionths, ε and standard deviations in thousandths, δ in billionths; costs are rounded up.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from telemetry.community.release.bounds import DELTA, REPORTS_A_WEEK, Query, epsilon, rounded_up
from telemetry.community.release.building import Rules, Table
from telemetry.community.release.noised import Noised
from telemetry.community.release.suppression import K, threshold


class Spent(NamedTuple):
    """ρ for a client who shared as much as they may: in the dearest of these weeks, in all of them, in any 52 up to
    now, and ever."""

    dearest: float
    weeks: float
    year: float
    ever: float
    most_a_year: float


def manifest(
    asked: Sequence[Query], noised: Noised, tables: Sequence[Table], spent: Spent, rules: Rules
) -> dict[str, Any]:
    """The manifest of a release; of one without noise, everything that noise would cost is 0."""
    return {
        "k": K,
        "k_counts": "reports",  # and not people: nobody can tell which reports are one person's
        "client_reports_per_week": REPORTS_A_WEEK,
        "rates_from": rules.rates_from,
        "ranks_from": rules.ranks_from,
        "mechanism": "discrete_gaussian" if spent.weeks else "none",
        "delta_billionths": rounded_up(DELTA, 1e-9) if spent.weeks else 0,
        "one_report": _cost(spent.dearest / REPORTS_A_WEEK**2),  # it is in one week only, which may be that one
        "this": _cost(spent.weeks),
        "year": _cost(spent.year),
        "ever": _cost(spent.ever),
        "most_a_year": _cost(spent.most_a_year),
        "queries": [_query(query, noised) for query in asked],
        "hidden": [{"slice": table.slice, "cells": table.hidden} for table in tables],
    }


def _cost(rho: float) -> dict[str, int]:
    """A cost in both words; 0 without noise, whose cost has no number."""
    return {"rho_millionths": rounded_up(rho, 1e-6), "epsilon_thousandths": rounded_up(epsilon(rho), 1e-3)}


def _query(query: Query, noised: Noised) -> dict[str, Any]:
    sigma = noised.columns[query.slice, query.measure].scale
    return {
        "slice": query.slice,
        "measure": query.measure,
        "cells": len(query.cells),
        "cells_per_report": query.per_report,
        "most_per_cell": query.most,
        "sigma_thousandths": rounded_up(sigma, 1e-3),
        "shown_from": rounded_up(threshold(sigma, len(query.cells)), 1) if query.measure == "reports" else 0,
    }
