"""config.yaml as people mean it: parsed as YAML and checked against its schema, with words that teach.

The hook reads the same file without a parser (contract/settings.py); where both disagree, the
person is told, since the hook's reading is what counts.
"""

from __future__ import annotations

from typing import Any

import yaml
from jsonschema import Draft202012Validator, ValidationError

from telemetry.contract import settings
from telemetry.contract.resources import shipped


def problems_of(text: str) -> list[str]:
    """What is wrong with a config.yaml; nothing where it is as it should be."""
    try:
        config = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        return ["it is no YAML" + (f" (line {mark.line + 1})" if mark else "")]
    except (ValueError, RecursionError):  # the 99th of a month; a thousand brackets
        return ["it is no YAML"]
    if config is None:
        return []
    if not isinstance(config, dict):
        return ["it is no list of `name: value`"]
    return _against_schema(config) or _misread(config, text)


def _against_schema(config: dict[Any, Any]) -> list[str]:
    path = shipped("schemas", "config.yaml")
    if not path.is_file():
        return []
    schema = yaml.safe_load(path.read_text(encoding="utf-8"))
    named = {str(name): value for name, value in config.items()}
    found = sorted(Draft202012Validator(schema).iter_errors(named), key=lambda error: error.json_path)
    return [_told(error, schema) for error in found]


def _told(error: ValidationError, schema: dict[str, Any]) -> str:
    """The schema's own words about the field; never the value, which may be anything."""
    fields = schema.get("properties", {})
    if error.validator == "additionalProperties":
        return f"only {', '.join(fields)} are known here"
    name = str(error.path[0]) if error.path else "it"
    about = fields.get(name, {}).get("description", "")
    return f"{name} is not valid" + (f" ({about.strip().rstrip('.')})" if about else "")


def _misread(config: dict[Any, Any], text: str) -> list[str]:
    meant = config.get("recording", True)
    if (meant is True or meant == "on") != settings.is_recording(text):
        return ["the hook reads recording otherwise; write `recording: on` or `off` on a line of its own"]
    return []
