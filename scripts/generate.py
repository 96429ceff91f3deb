#!/usr/bin/env python3
"""Generate what the hook needs of schemas/event.yaml: its validator and its vocabulary.

The hook may import nothing outside the standard library and must start in a bare interpreter's
time, so it cannot read YAML. Two modules are written from the schema and committed; a test
regenerates them and compares. Run this after every change of the schema.

    scripts/generate.py            write the modules
    scripts/generate.py --check    exit 1 if a module is not what the schema says
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
Schema = dict[str, Any]

NOTICE = "Generated from schemas/event.yaml by scripts/generate.py: change that file, not this one."

# The formats a string may have, and the check of each without `re`.
FORMATS = {
    "hex32": "_is_hex({0}, 32)",
    "hex16": "_is_hex({0}, 16)",
    "instant": "_is_instant({0})",
    "semver": "_is_semver({0})",
}

# Definitions that are long lists of words, and the name each has in the vocabulary module.
VOCABULARIES = {"agent": "AGENTS", "domain": "DOMAINS", "file_type": "FILE_TYPES"}

CHECK_HEAD = '''"""Whether an object is an event by schemas/event.yaml, without any import that costs time.

{notice}
It is what the hook checks its own events with before it writes them, and what the reader checks
foreign lines with. It agrees with jsonschema over the same file (tests/contract/test_event_check.py).
"""

from __future__ import annotations

_HEX = "0123456789abcdef"
_DIGITS = "0123456789"


def _is_hex(value: object, length: int) -> bool:
    return type(value) is str and len(value) == length and not value.strip(_HEX)


def _is_number(text: str) -> bool:
    return bool(text) and not text.strip(_DIGITS)


def _is_instant(value: object) -> bool:
    if type(value) is not str or len(value) != 24 or value[:2] != "20":
        return False
    if (value[4], value[7], value[10], value[13], value[16], value[19], value[23]) != tuple("--T::.Z"):
        return False
    digits = value[2:4] + value[5:7] + value[8:10] + value[11:13] + value[14:16] + value[17:19] + value[20:23]
    if not _is_number(digits):
        return False
    if not ("01" <= value[5:7] <= "12" and "01" <= value[8:10] <= "31"):
        return False
    return value[11:13] <= "23" and value[14:16] <= "59" and value[17:19] <= "59"


def _is_semver(value: object) -> bool:
    if type(value) is not str:
        return False
    parts = value.split(".")
    return len(parts) == 3 and all(
        len(part) <= 3 and _is_number(part) and (part == "0" or part[0] != "0") for part in parts
    )


def _in_range(value: object, low: int, high: int) -> bool:
    return type(value) is int and low <= value <= high

'''

CHECK_TAIL = '''

_KINDS = {{
{table}
}}


def is_event(value: object) -> bool:
    """Whether `value`, as JSON decodes it, is a valid event. Never raises."""
    try:
        if type(value) is not dict:
            return False
        check = _KINDS.get(value["kind"])
        return check is not None and _envelope(value) and check(value)
    except (KeyError, TypeError, RecursionError):
        return False
'''


def load() -> Schema:
    """The event schema, as YAML gives it."""
    schema: Schema = yaml.safe_load((ROOT / "schemas" / "event.yaml").read_text(encoding="utf-8"))
    return schema


def resolve(schema: Schema, field: Schema) -> Schema:
    """Follow a field's $ref; the field's own keys win."""
    if "$ref" not in field:
        return field
    target = schema["$defs"][field["$ref"].removeprefix("#/$defs/")]
    return {**target, **{key: value for key, value in field.items() if key != "$ref"}}


def expression(schema: Schema, field: Schema, name: str) -> str:
    """A Python expression that says whether `name` holds what `field` allows."""
    word_list = VOCABULARIES.get(field.get("$ref", "").removeprefix("#/$defs/"))
    if word_list:
        return f"{name} in {word_list}"
    field = resolve(schema, field)
    if "oneOf" in field:
        branches = [branch for branch in field["oneOf"] if branch != {"type": "null"}]
        if len(branches) != 1 or len(field["oneOf"]) != 2:
            raise ValueError("oneOf is for `or null` only")
        return f"({name} is None or {expression(schema, branches[0], name)})"
    if "const" in field:
        value = field["const"]
        return f"{name} == {value!r}" if isinstance(value, str) else f"(type({name}) is int and {name} == {value})"
    if "enum" in field:
        return f"{name} in {{{', '.join(map(quoted, field['enum']))}}}"
    kinds = field["type"] if isinstance(field["type"], list) else [field["type"]]
    check = typed(schema, field, next(kind for kind in kinds if kind != "null"), name)
    return f"({name} is None or {check})" if "null" in kinds else check


def typed(schema: Schema, field: Schema, kind: str, name: str) -> str:
    """The expression for a field with a `type`. Raises ValueError for a type no event has."""
    if kind == "boolean":
        return f"type({name}) is bool"
    if kind == "integer":
        return f"_in_range({name}, {field['minimum']}, {field['maximum']})"
    if kind == "string":
        return FORMATS[field["x-format"]].format(name)
    if kind == "array":
        return array(schema, field, name)
    raise ValueError(f"a field of type {kind} is not checked yet")


def array(schema: Schema, field: Schema, name: str) -> str:
    """The expression for a list of words or of closed objects."""
    checks = [f"type({name}) is list", f"len({name}) <= {field['maxItems']}"]
    if field.get("uniqueItems"):
        checks.append(f"len(set({name})) == len({name})")
    item = field["items"]
    row = item.get("$ref", "").removeprefix("#/$defs/")
    if resolve(schema, item).get("type") == "object":
        checks.append(f"all(_{row}(item) for item in {name})")
    else:
        checks.append(f"all({expression(schema, item, 'item')} for item in {name})")
    return "(" + " and ".join(checks) + ")"


def quoted(word: str) -> str:
    """A word as Python source, in the house's quotes."""
    return f'"{word}"'


def function(schema: Schema, name: str, skip: frozenset[str] = frozenset()) -> list[str]:
    """The checking function of one closed object."""
    definition = schema["$defs"][name]
    properties: Schema = definition["properties"]
    if definition["additionalProperties"] is not False or set(definition["required"]) != set(properties):
        raise ValueError(f"{name} is not closed")
    checks = [f"len(value) == {len(properties)}"]
    if not skip:
        checks.insert(0, "type(value) is dict")
    checks += [expression(schema, field, f'value["{key}"]') for key, field in properties.items() if key not in skip]
    lines = joined(checks)
    words = sorted(word for word in VOCABULARIES.values() if any(f" {word}" in line for line in lines))
    # Most events have no such word, and the hook should not pay for the lists.
    needed = [f"    from telemetry.contract.vocabulary import {', '.join(words)}", ""] if words else []
    return ["", "", f"def _{name}(value: dict[str, object]) -> bool:", *needed, *lines]


def joined(checks: list[str]) -> list[str]:
    """Checks as one return statement."""
    return ["    return (", f"        {checks[0]}", *(f"        and {check}" for check in checks[1:]), "    )"]


def event_check(schema: Schema) -> str:
    """The source of telemetry/contract/event_check.py."""
    kinds = [branch["$ref"].removeprefix("#/$defs/") for branch in schema["oneOf"]]
    envelope = schema["x-envelope"]
    lines = ["", "def _envelope(value: dict[str, object]) -> bool:"]
    lines += joined([expression(schema, field, f'value["{key}"]') for key, field in envelope.items()])
    for row in ("planned_file", "built_file"):
        lines += function(schema, row)
    for kind in kinds:
        lines += function(schema, kind, frozenset([*envelope, "kind"]))
    table = "\n".join(f'    "{kind}": _{kind},' for kind in kinds)
    return CHECK_HEAD.format(notice=NOTICE) + "\n".join(lines) + CHECK_TAIL.format(table=table)


def vocabulary(schema: Schema) -> str:
    """The source of telemetry/contract/vocabulary.py."""
    lines = [
        '"""AgentSpec\'s published words: phases, agents, knowledge domains, file types.',
        "",
        NOTICE,
        '"""',
        "",
        "from __future__ import annotations",
        "",
        f"PHASES = ({', '.join(map(quoted, schema['$defs']['phase']['enum']))})",
    ]
    for name, word_list in VOCABULARIES.items():
        lines += ["", f"{word_list} = frozenset(", "    ("]
        lines += [f"        {quoted(word)}," for word in schema["$defs"][name]["enum"]]
        lines += ["    )", ")"]
    return "\n".join(lines) + "\n"


MODULES = {
    "telemetry/contract/event_check.py": event_check,
    "telemetry/contract/vocabulary.py": vocabulary,
}


def main(arguments: list[str]) -> int:
    """Write the modules, or with --check say which are not fresh."""
    schema = load()
    stale = []
    for name, render in MODULES.items():
        path, text = ROOT / name, render(schema)
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if "--check" not in arguments:
            path.write_text(text, encoding="utf-8")
    for name in stale:
        print(f"{'not fresh' if '--check' in arguments else 'wrote'}: {name}")
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
