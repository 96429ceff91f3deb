"""Holding an export against schemas/export.yaml, and what is in it against the schemas of their own."""

from __future__ import annotations

import json
from functools import cache
from hashlib import sha256
from typing import Any

import yaml
from jsonschema import Draft202012Validator

from telemetry.contract.resources import shipped


@cache
def schema(name: str) -> Any:
    """A schema by its name."""
    return yaml.safe_load(shipped("schemas", f"{name}.yaml").read_text(encoding="utf-8"))


@cache
def _validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(schema(name))


def checked(text: str) -> Any:
    """The export in a text, which is as its schema says in every part."""
    found = json.loads(text)
    _validator("export").validate(found)
    for event in found["events"]:
        _validator("event").validate(event)
    for feature in found["features"]:
        _validator("feature").validate(feature["record"])
    for one in (one for held in found["reports"].values() for one in held if one["bytes"] is not None):
        _validator("report").validate(json.loads(one["bytes"]))
        assert one["sha256"] == sha256(one["bytes"].encode()).hexdigest()
    return found
