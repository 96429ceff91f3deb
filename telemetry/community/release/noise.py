"""Where exact sums become noised ones: the discrete Gaussian mechanism of OpenDP. Its only user.

Whole numbers in, whole numbers out: no floating point that noise could leak through. The noise is drawn from the
operating system's entropy and cannot be seeded, by nobody.
"""

from __future__ import annotations

from collections.abc import Sequence

import opendp.prelude as dp

dp.enable_features("contrib")  # OpenDP's word for what is proved on paper and not yet by its own review

_SPACE = (dp.vector_domain(dp.atom_domain(T=dp.i64)), dp.l2_distance(T=dp.f64))


class Dishonest(Exception):
    """The library says that this noise costs more than was going to be written down."""


def noised(values: Sequence[int], *, scale: float, sensitivity: float, rho: float) -> list[int]:
    """The values, each with noise of standard deviation `scale`.

    `sensitivity`: how far, in the L2 norm over all values, anybody's contribution can move them. `rho`: what that is
    going to be said to cost, in zero-concentrated differential privacy; Dishonest is raised if it costs more.
    """
    mechanism = _SPACE >> dp.m.then_gaussian(scale=scale)
    cost: float = mechanism.map(sensitivity)
    if cost > rho * (1 + 1e-9):
        raise Dishonest
    noisy: list[int] = mechanism(list(values))
    return noisy


def epsilon(scale: float, sensitivity: float, delta: float) -> float:
    """What OpenDP says the same mechanism costs as (ε, δ)."""
    approximate = dp.c.make_zCDP_to_approxDP(_SPACE >> dp.m.then_gaussian(scale=scale))
    answer: float = approximate.map(sensitivity).epsilon(delta=delta)  # type: ignore[no-untyped-call]
    return answer
