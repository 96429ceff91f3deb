"""The modules that are written from the schema are what the schema says."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts import generate


def test_the_generated_modules_are_fresh() -> None:
    """Otherwise run scripts/generate.py."""
    assert generate.main(["--check"]) == 0


def test_a_stale_module_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The check can fail: in a place where nothing was ever generated, everything is stale."""
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas/event.yaml").write_bytes((generate.ROOT / "schemas/event.yaml").read_bytes())
    monkeypatch.setattr(generate, "ROOT", tmp_path)
    assert generate.main(["--check"]) == 1
    assert "telemetry/contract/event_check.py" in capsys.readouterr().out
