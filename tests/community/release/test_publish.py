"""Files that do not change, and one that names the newest."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from telemetry.community.release.publish import LATEST, latest, periods_in, publish
from telemetry.contract.errors import TelemetryError

FILES = {"2026-10": b'{"period":"2026-10"}', "2026-W44": b'{"period":"2026-W44"}', "2026-W45": b'{"period":"2026-W45"}'}


def test_each_release_gets_its_file_and_latest_holds_the_newest(tmp_path: Path) -> None:
    """Of weeks, and of months."""
    assert publish(tmp_path / "out", FILES, development=False) == list(FILES)
    assert {file.name: file.read_bytes() for file in (tmp_path / "out").iterdir()} == {
        **{f"{period}.json": data for period, data in FILES.items()},
        LATEST: b'{"month":{"period":"2026-10"},"week":{"period":"2026-W45"}}',
    }


def test_anybody_may_read_what_is_published(tmp_path: Path) -> None:
    """Under the strictest umask, and where an older version closed it."""

    def modes() -> set[int]:
        return {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}

    folder = tmp_path / "out"
    before = os.umask(0o077)
    try:
        publish(folder, FILES, development=False)
        assert (stat.S_IMODE(folder.stat().st_mode), modes()) == (0o755, {0o644})
        for path in (*folder.iterdir(), folder):
            path.chmod(0o700 if path == folder else 0o600)
        assert publish(folder, FILES, development=False) == []
        assert (stat.S_IMODE(folder.stat().st_mode), modes()) == (0o755, {0o644})
    finally:
        os.umask(before)


def test_publishing_again_changes_nothing(tmp_path: Path) -> None:
    """Not even a date on the disk."""
    publish(tmp_path, FILES, development=False)
    before = {file.name: file.stat().st_mtime_ns for file in tmp_path.iterdir()}
    assert publish(tmp_path, FILES, development=False) == []
    assert {file.name: file.stat().st_mtime_ns for file in tmp_path.iterdir()} == before


def test_what_a_kill_left_out_is_mended(tmp_path: Path) -> None:
    """The database is the truth."""
    publish(tmp_path, FILES, development=False)
    (tmp_path / "2026-W44.json").unlink()
    (tmp_path / LATEST).unlink()
    assert publish(tmp_path, FILES, development=False) == ["2026-W44"]
    assert (tmp_path / LATEST).read_bytes() == latest(FILES)


def test_a_file_with_other_bytes_is_not_written_over(tmp_path: Path) -> None:
    """Somebody else's, or a damaged disk's: an operator has to look."""
    (tmp_path / "2026-W45.json").write_bytes(b"other")
    with pytest.raises(TelemetryError, match="other bytes"):
        publish(tmp_path, FILES, development=False)
    assert (tmp_path / "2026-W45.json").read_bytes() == b"other"


@pytest.mark.parametrize(("was", "may"), [(True, True), (False, False)])
def test_exact_figures_are_written_over_exact_ones_only(was: bool, may: bool, tmp_path: Path) -> None:
    """Beside noised ones, also from a database that is lost, they would give the noise away."""
    file = json.dumps({"release": {"development": was, "period": "2026-W45"}}).encode()
    (tmp_path / "2026-W45.json").write_bytes(file)
    if may:
        publish(tmp_path, FILES, development=True)
    else:
        with pytest.raises(TelemetryError, match="other bytes"):
            publish(tmp_path, FILES, development=True)
    assert ((tmp_path / "2026-W45.json").read_bytes() == FILES["2026-W45"]) is may


def test_the_periods_that_have_a_file_are_found(tmp_path: Path) -> None:
    """And nothing else that lies there; none before there is a folder."""
    assert periods_in(tmp_path / "out") == set()
    publish(tmp_path / "out", FILES, development=False)
    (tmp_path / "out" / "notes.json").touch()
    assert periods_in(tmp_path / "out") == set(FILES)


def test_before_the_first_month_latest_says_so(tmp_path: Path) -> None:
    """And before the first release there is none."""
    assert json.loads(latest({"2026-W44": b"{}"})) == {"month": None, "week": {}}
    publish(tmp_path, {}, development=False)
    assert list(tmp_path.iterdir()) == []
