"""How often one address may ask, and that nothing but a keyed hash of it is remembered."""

from __future__ import annotations

import gc
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.community.limits import Limiter, Rate, asking, subject_of

SOMEBODY = "192.0.2.7"


def test_a_burst_is_let_in_and_then_the_rate_holds() -> None:
    """Sixty a minute: one each second, after three at once."""
    limiter = Limiter(Rate(60, 3))
    assert [limiter.wait_for(SOMEBODY, 0) for _ in range(4)] == [0, 0, 0, 1]
    assert limiter.wait_for(SOMEBODY, 0.5) == 0.5
    assert limiter.wait_for(SOMEBODY, 1.0) == 0
    assert limiter.wait_for(SOMEBODY, 1.0) == 1
    assert [limiter.wait_for(SOMEBODY, 1000) for _ in range(4)] == [0, 0, 0, 1]


@given(st.lists(st.floats(0, 10), max_size=200), st.integers(1, 20), st.integers(1, 600))
def test_nobody_gets_more_than_burst_and_rate_allow(gaps: list[float], burst: int, per_minute: int) -> None:
    """Whatever the rhythm."""
    limiter, now, taken = Limiter(Rate(per_minute, burst)), 0.0, 0
    for gap in gaps:
        now += gap
        taken += not limiter.wait_for(SOMEBODY, now)
    assert taken <= burst + now * per_minute / 60 + 1e-6


def test_who_waits_as_long_as_told_is_let_in() -> None:
    """Retry-After is no guess."""
    limiter = Limiter(Rate(7, 1))
    limiter.wait_for(SOMEBODY, 0)
    wait = limiter.wait_for(SOMEBODY, 0)
    assert limiter.wait_for(SOMEBODY, wait + 1e-9) == 0


def test_many_can_be_taken_at_once_or_none_of_them() -> None:
    """What is refused takes nothing; the wait is as long as all of them need."""
    limiter = Limiter(Rate(60, 10))
    assert [limiter.wait_for(SOMEBODY, 0, amount) for amount in (8, 5, 2, 4)] == [0, 3, 0, 4]
    assert limiter.wait_for(SOMEBODY, 3.5, 4) == 0.5
    assert limiter.wait_for(SOMEBODY, 4, 4) == 0


def test_a_clock_that_stands_still_or_back_gives_nothing_away() -> None:
    """And raises nothing."""
    limiter = Limiter(Rate(60, 1))
    limiter.wait_for(SOMEBODY, 10)
    assert limiter.wait_for(SOMEBODY, 5) == 1


def test_addresses_do_not_share() -> None:
    """One that asks too often costs its neighbour nothing."""
    limiter = Limiter(Rate(1, 1))
    assert not limiter.wait_for(SOMEBODY, 0)
    assert limiter.wait_for(SOMEBODY, 0)
    assert not limiter.wait_for("192.0.2.8", 0)


def test_a_household_of_ipv6_is_one_address() -> None:
    """The first 64 bits; what is IPv4 in the clothes of IPv6 is IPv4."""
    assert subject_of("2001:db8:1:2::1") == subject_of("2001:db8:1:2:ffff::9%eth0")
    assert subject_of("2001:db8:1:2::1") != subject_of("2001:db8:1:3::1")
    assert subject_of("::ffff:192.0.2.7") == subject_of(SOMEBODY)


def test_what_is_no_address_is_all_one() -> None:
    """A socket of the machine has none."""
    assert subject_of("") == subject_of("/run/socket") == b""


def test_the_rate_can_be_off() -> None:
    """Then nothing is remembered at all."""
    limiter = Limiter(Rate(0, 1))
    assert not any(limiter.wait_for(SOMEBODY, 0) for _ in range(1000))
    assert len(limiter) == 0


def test_memory_is_bounded_and_forgets_who_was_not_seen_longest() -> None:
    """A million addresses take as much of it as ten."""
    limiter = Limiter(Rate(1, 1), most=10)
    for number in range(1000):
        limiter.wait_for(f"10.0.{number // 256}.{number % 256}", 0)
    assert len(limiter) == 10
    assert limiter.wait_for("10.0.3.231", 0)  # the last
    assert not limiter.wait_for("10.0.0.0", 0)  # the first


def test_no_address_is_in_memory_and_two_processes_have_two_hashes() -> None:
    """The key is random for each."""
    one, two = Limiter(Rate(1, 1)), Limiter(Rate(1, 1))
    for limiter in (one, two):
        limiter.wait_for(SOMEBODY, 0)
    held = [list(limiter._buckets) for limiter in (one, two)]
    assert held[0] != held[1]
    assert SOMEBODY not in repr(gc.get_referents(one._buckets)) + repr(vars(one))
    assert subject_of(SOMEBODY) not in held[0]


# --- proxies

TRUSTED = (ip_network("10.0.0.0/8"), ip_network("::1/128"))


def test_a_stranger_cannot_say_to_be_another() -> None:
    """Without a trusted proxy the header is not looked at."""
    assert asking(SOMEBODY, "198.51.100.1", ()) == SOMEBODY
    assert asking(SOMEBODY, "198.51.100.1", TRUSTED) == SOMEBODY


@pytest.mark.parametrize(
    ("forwarded", "who"),
    [("198.51.100.1", "198.51.100.1"), ("203.0.113.9, 198.51.100.1", "198.51.100.1"),
     ("198.51.100.1, 10.1.1.1", "198.51.100.1"), ("2001:db8::1", "2001:db8::1"),
     ("", "10.0.0.1"), ("unknown", "10.0.0.1"), ("10.1.1.1, 10.2.2.2", "10.0.0.1")],
)  # fmt: skip
def test_a_trusted_proxy_says_for_whom_it_asks(forwarded: str, who: str) -> None:
    """The nearest that is no proxy itself; where it says nothing, the proxy."""
    assert asking("10.0.0.1", forwarded, TRUSTED) == who


def test_a_proxy_by_ipv6_counts_as_what_it_is() -> None:
    """Also where IPv4 comes as IPv6."""
    assert asking("::1", SOMEBODY, TRUSTED) == SOMEBODY
    assert asking("::ffff:10.0.0.1", SOMEBODY, TRUSTED) == SOMEBODY
