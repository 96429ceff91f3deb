"""How often one address may ask, and that nothing but a keyed hash of it is remembered."""

from __future__ import annotations

import gc
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.community.limits import Limiter, Pseudonyms, Rate, address_of, asking, subject_of

SOMEBODY = "192.0.2.7"
NAME = b"somebody"


def test_a_burst_is_let_in_and_then_the_rate_holds() -> None:
    """Sixty a minute: one each second, after three at once."""
    limiter = Limiter(Rate(60, 3))
    assert [limiter.wait_for(NAME, 0) for _ in range(4)] == [0, 0, 0, 1]
    assert limiter.wait_for(NAME, 0.5) == 0.5
    assert limiter.wait_for(NAME, 1.0) == 0
    assert limiter.wait_for(NAME, 1.0) == 1
    assert [limiter.wait_for(NAME, 1000) for _ in range(4)] == [0, 0, 0, 1]


@given(st.lists(st.floats(0, 10), max_size=200), st.integers(1, 20), st.integers(1, 600))
def test_nobody_gets_more_than_burst_and_rate_allow(gaps: list[float], burst: int, per_minute: int) -> None:
    """Whatever the rhythm."""
    limiter, now, taken = Limiter(Rate(per_minute, burst)), 0.0, 0
    for gap in gaps:
        now += gap
        taken += not limiter.wait_for(NAME, now)
    assert taken <= burst + now * per_minute / 60 + 1e-6


def test_who_waits_as_long_as_told_is_let_in() -> None:
    """Retry-After is no guess."""
    limiter = Limiter(Rate(7, 1))
    limiter.wait_for(NAME, 0)
    wait = limiter.wait_for(NAME, 0)
    assert limiter.wait_for(NAME, wait + 1e-9) == 0


def test_many_can_be_taken_at_once_or_none_of_them() -> None:
    """What is refused takes nothing; the wait is as long as all of them need."""
    limiter = Limiter(Rate(60, 10))
    assert [limiter.wait_for(NAME, 0, amount) for amount in (8, 5, 2, 4)] == [0, 3, 0, 4]
    assert limiter.wait_for(NAME, 3.5, 4) == 0.5
    assert limiter.wait_for(NAME, 4, 4) == 0


def test_a_clock_that_stands_still_or_back_gives_nothing_away() -> None:
    """And raises nothing."""
    limiter = Limiter(Rate(60, 1))
    limiter.wait_for(NAME, 10)
    assert limiter.wait_for(NAME, 5) == 1


def test_addresses_do_not_share() -> None:
    """One that asks too often costs its neighbour nothing."""
    limiter = Limiter(Rate(1, 1))
    assert not limiter.wait_for(NAME, 0)
    assert limiter.wait_for(NAME, 0)
    assert not limiter.wait_for(b"a neighbour", 0)


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
    assert not any(limiter.wait_for(NAME, 0) for _ in range(1000))
    assert len(limiter) == 0


def test_memory_is_bounded_and_forgets_who_was_not_seen_longest() -> None:
    """A million names take as much of it as ten."""
    limiter = Limiter(Rate(1, 1), most=10)
    for number in range(1000):
        limiter.wait_for(b"%d" % number, 0)
    assert len(limiter) == 10
    assert limiter.wait_for(b"999", 0)  # the last
    assert not limiter.wait_for(b"0", 0)  # the first


def test_a_name_stays_and_tells_nothing_and_two_processes_have_two() -> None:
    """The key is random for each; what was named is not kept."""
    one, two = Pseudonyms(), Pseudonyms()
    name = one.of(SOMEBODY)
    assert name == one.of(SOMEBODY) != two.of(SOMEBODY)
    assert name != one.of("192.0.2.8")
    assert len(name) == 16 and subject_of(SOMEBODY) not in name
    assert SOMEBODY not in repr(vars(one)) + repr(gc.get_referents(one))


def test_a_name_is_for_all_that_counts_as_one() -> None:
    """As subject_of says."""
    names = Pseudonyms()
    assert names.of("2001:db8:1:2::1") == names.of("2001:db8:1:2:ffff::9")
    assert names.of("::ffff:192.0.2.7") == names.of(SOMEBODY)


@given(st.one_of(st.ip_addresses(v=4).map(str), st.text(alphabet="0123456789.:x\0", max_size=15)))
def test_the_quick_way_to_an_address_reads_what_the_thorough_one_does(text: str) -> None:
    """No form of writing that one knows and the other does not."""
    found = address_of(text)
    assert subject_of(text) == (b"" if found is None else found.packed[:8] if found.version == 6 else found.packed)


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
