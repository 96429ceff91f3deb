"""How many connections one address has."""

from __future__ import annotations

from ipaddress import ip_network

from telemetry.community.crowd import Crowd


def test_each_address_has_places_of_its_own_and_gets_them_back() -> None:
    """A household's IPv6 addresses are one."""
    crowd = Crowd(1, ())
    first, second = crowd.enter("2001:db8::1"), crowd.enter("2001:db8::2")
    assert first == second
    assert crowd.is_one_too_many(first)
    assert not crowd.is_one_too_many(crowd.enter("192.0.2.1"))
    crowd.leave(second)
    assert not crowd.is_one_too_many(first)


def test_connections_of_a_trusted_proxy_are_not_counted() -> None:
    """However many come and go."""
    crowd = Crowd(1, (ip_network("10.0.0.0/8"),))
    those = [crowd.enter("10.1.2.3") for _ in range(3)]
    assert not any(crowd.is_one_too_many(one) for one in those)
    for one in those:
        crowd.leave(one)
    crowd.enter("192.0.2.1")
    assert crowd.is_one_too_many(crowd.enter("192.0.2.1"))
