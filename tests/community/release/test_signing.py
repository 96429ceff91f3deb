"""A release is signed by a key that is its owner's alone; what a signature proves is in tests/contract."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from telemetry.community.release.signing import Key, load_key, make_key, public_of, sign
from telemetry.contract.errors import TelemetryError
from telemetry.contract.signature import canonical, verify

RELEASE = {"schema": 1, "period": "2026-W45", "tables": {"all": []}}


@pytest.fixture
def key(tmp_path: Path) -> Key:
    """A key of this test's."""
    make_key(tmp_path / "state" / "signing.key")
    return load_key(tmp_path / "state" / "signing.key")


def test_what_was_signed_can_be_verified_with_the_public_key(key: Key) -> None:
    """And comes back as it was."""
    assert verify(sign(RELEASE, key), public_of(key)) == RELEASE


def test_a_signed_file_is_the_same_each_time(key: Key) -> None:
    """Ed25519 needs no chance, and the bytes are canonical."""
    file = sign(RELEASE, key)
    assert file == sign(dict(reversed(RELEASE.items())), key)
    assert file == canonical(json.loads(file))


def test_a_key_is_its_owners_alone(tmp_path: Path) -> None:
    """0600, never written over, never read where others can."""
    file = tmp_path / "signing.key"
    public = make_key(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert public_of(load_key(file)) == public
    with pytest.raises(TelemetryError, match="already"):
        make_key(file)
    file.chmod(0o640)
    with pytest.raises(TelemetryError, match="open to others"):
        load_key(file)


def test_a_missing_damaged_or_linked_key_is_an_expected_error(tmp_path: Path) -> None:
    """With a hint."""
    (tmp_path / "short").touch(mode=0o600)
    (tmp_path / "link").symlink_to(tmp_path / "short")
    for name in ("none", "short", "link"):
        with pytest.raises(TelemetryError) as caught:
            load_key(tmp_path / name)
        assert caught.value.hint
