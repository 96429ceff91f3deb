"""The modules that are written from the schemas are what the schemas say."""

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
    for schema, _ in generate.MODULES.values():
        (tmp_path / f"schemas/{schema}.yaml").write_bytes((generate.ROOT / f"schemas/{schema}.yaml").read_bytes())
    monkeypatch.setattr(generate, "ROOT", tmp_path)
    assert generate.main(["--check"]) == 1
    said = capsys.readouterr().out
    assert all(module in said for module in generate.MODULES)


def test_an_object_that_is_not_closed_gets_no_check() -> None:
    """Neither one that allows other fields, nor one that may lack one of its own."""
    for name, value in {"additionalProperties": True, "required": []}.items():
        schema = generate.load("report")
        schema["properties"]["report"]["properties"]["kb"][name] = value
        with pytest.raises(ValueError, match="kb is not closed"):
            generate.report_check(schema)


@pytest.mark.parametrize(
    "field",
    [
        {"type": "number"},
        {"oneOf": [{"type": "boolean"}, {"type": "integer", "minimum": 0, "maximum": 1}]},
        {"type": "string", "x-format": "text"},
    ],
)
def test_a_field_the_generator_does_not_know_is_an_error(field: dict[str, object]) -> None:
    """It never writes a check that is weaker than the schema."""
    with pytest.raises((ValueError, KeyError)):
        generate.expression({"$defs": {}}, field, "value")
