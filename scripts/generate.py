#!/usr/bin/env python3
"""Generate what must run without YAML: the checks of events and of reports, the shape of a report, the vocabulary.

The hook may import nothing outside the standard library and must start in a bare interpreter's
time, so it cannot read YAML; a report is checked in some microseconds before every send. Modules are
written from the schemas and committed; a test regenerates them and compares. Run this after every
change of a schema.

    scripts/generate.py            write the modules
    scripts/generate.py --check    exit 1 if a module is not what its schema says
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from scripts.schemas import Schema, closed, literal, referred  # noqa: E402  needs the path
from scripts.shapes import report_shape  # noqa: E402

NOTICE = "Generated from schemas/{}.yaml by scripts/generate.py: change that file, not this one."

# The formats a string may have, and the check of each without `re`.
FORMATS = {
    "hex64": "_is_hex({0}, 64)",
    "hex32": "_is_hex({0}, 32)",
    "hex16": "_is_hex({0}, 16)",
    "uuid4": "_is_uuid4({0})",
    "instant": "_is_instant({0})",
    "hour": "_is_hour({0})",
    "semver": "_is_semver({0})",
    "minor": "_is_minor({0})",
}

# Definitions that are long lists of words, and the name each has in the vocabulary module.
VOCABULARIES = {"agent": "AGENTS", "domain": "DOMAINS", "file_type": "FILE_TYPES"}

# Definitions that many fields share, each checked by a function of its own.
SHARED = ("seconds", "score")

# What a report says in words of its own, and the name each list has in the module of its check.
RANGES = {"files": "FILES", "times": "TIMES", "seats": "SEATS"}

EVENT_HEAD = '''"""Whether an object is an event by schemas/event.yaml, without any import that costs time.

{notice}
It is what the hook checks its own events with before it writes them, and what the reader checks
foreign lines with. It agrees with jsonschema over the same file (tests/contract/test_event_check.py).
"""

from __future__ import annotations

'''

REPORT_HEAD = '''"""Whether an object is a sealed report by schemas/report.yaml, and the words in which a report counts.

{notice}
It agrees with jsonschema over the same file (tests/contract/test_report_check.py), with one difference: 5.0 is not 5,
as canonical JSON has no 5.0. As there, true is not 1, and the order of fields and of lists is free.
"""

# fmt: off
# ruff: noqa: E501

from __future__ import annotations

from telemetry.contract.vocabulary import AGENTS, DOMAINS, FILE_TYPES

'''

# The small functions a check may need. The order is that of the modules.
HELPERS = {
    "constants": """_HEX = "0123456789abcdef"
_DIGITS = "0123456789"
""",
    "hex": """

def _is_hex(value: object, length: int) -> bool:
    return type(value) is str and len(value) == length and not value.strip(_HEX)
""",
    "uuid4": """

def _is_uuid4(value: object) -> bool:
    if type(value) is not str or len(value) != 36 or value[14] != "4" or value[19] not in "89ab":
        return False
    return value[8] == value[13] == value[18] == value[23] == "-" and _is_hex(value.replace("-", ""), 32)
""",
    "number": """

def _is_number(text: str) -> bool:
    return bool(text) and not text.strip(_DIGITS)
""",
    "instant": """

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
""",
    "hour": """

def _is_hour(value: object) -> bool:
    if type(value) is not str or len(value) != 20 or value[:2] != "20" or value[13:] != ":00:00Z":
        return False
    if value[4] != "-" or value[7] != "-" or value[10] != "T":
        return False
    if not _is_number(value[2:4] + value[5:7] + value[8:10] + value[11:13]):
        return False
    return "01" <= value[5:7] <= "12" and "01" <= value[8:10] <= "31" and value[11:13] <= "23"
""",
    "semver": """

def _is_semver(value: object) -> bool:
    if type(value) is not str:
        return False
    parts = value.split(".")
    return len(parts) == 3 and all(
        len(part) <= 3 and _is_number(part) and (part == "0" or part[0] != "0") for part in parts
    )
""",
    "minor": """

def _is_minor(value: object) -> bool:
    return type(value) is str and value[-2:] == ".0" and _is_semver(value)
""",
    "range": """

def _in_range(value: object, low: int, high: int) -> bool:
    return type(value) is int and low <= value <= high
""",
    "steps": """

def _in_steps(value: object, low: int, high: int, step: int) -> bool:
    return type(value) is int and low <= value <= high and value % step == 0
""",
}
OF_EVENTS = ("constants", "hex", "number", "instant", "semver", "range")
OF_REPORTS = ("constants", "hex", "uuid4", "number", "hour", "semver", "minor", "range", "steps")

EVENT_TAIL = '''

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

REPORT_TAIL = '''

def is_report(value: object) -> bool:
    """Whether `value`, as JSON decodes it, is a valid sealed report. Never raises."""
    try:
        return _sealed(value)
    except (KeyError, TypeError):
        return False
'''


def load(name: str) -> Schema:
    """A schema by its name, as YAML gives it."""
    schema: Schema = yaml.safe_load((ROOT / "schemas" / f"{name}.yaml").read_text(encoding="utf-8"))
    return schema


def resolve(schema: Schema, field: Schema) -> Schema:
    """Follow a field's $ref; the field's own keys win."""
    if "$ref" not in field:
        return field
    target = schema["$defs"][referred(field)]
    return {**target, **{key: value for key, value in field.items() if key != "$ref"}}


def expression(schema: Schema, field: Schema, name: str) -> str:
    """A Python expression that says whether `name` holds what `field` allows."""
    definition = referred(field)
    if definition in VOCABULARIES:
        return f"{name} in {VOCABULARIES[definition]}"
    if definition in SHARED:
        return f"_{definition}({name})"
    field = resolve(schema, field)
    if "oneOf" in field:
        return one_of(schema, field["oneOf"], name)
    if "const" in field:
        value = field["const"]
        return f"{name} == {value!r}" if isinstance(value, str) else f"(type({name}) is int and {name} == {value})"
    if "enum" in field:
        return listed(field["enum"], name)
    kinds = field["type"] if isinstance(field["type"], list) else [field["type"]]
    check = typed(schema, field, next(kind for kind in kinds if kind != "null"), name)
    return f"({name} is None or {check})" if "null" in kinds else check


def one_of(schema: Schema, branches: list[Schema], name: str) -> str:
    """The expression for alternatives that exclude each other: null and something, or ranges of numbers."""
    something = [branch for branch in branches if branch != {"type": "null"}]
    checks = [f"{name} is None"] if len(something) < len(branches) else []
    if len(something) > 1 and any(branch.get("type") != "integer" for branch in something):
        raise ValueError("oneOf is for `or null` and for ranges only")
    return "(" + " or ".join([*checks, *(expression(schema, branch, name) for branch in something)]) + ")"


def listed(values: list[Any], name: str) -> str:
    """The expression for a list of values; among numbers, 1 is neither true nor 1.0."""
    kinds = (int, float)
    plain = [value for value in values if type(value) not in kinds]
    checks = [f"{name} in {{{', '.join(map(literal, plain))}}}"] if plain else []
    if plain == [None]:
        checks = [f"{name} is None"]
    for kind in kinds:
        numbers = [repr(value) for value in values if type(value) is kind]
        if numbers:
            checks.append(f"(type({name}) is {kind.__name__} and {name} in {{{', '.join(numbers)}}})")
    return checks[0] if len(checks) == 1 else "(" + " or ".join(checks) + ")"


def typed(schema: Schema, field: Schema, kind: str, name: str) -> str:
    """The expression for a field with a `type`. Raises ValueError for a type no record has."""
    if kind == "boolean":
        return f"type({name}) is bool"
    if kind == "integer" and "multipleOf" in field:
        return f"_in_steps({name}, {field['minimum']}, {field['maximum']}, {field['multipleOf']})"
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
    row = referred(item)
    if resolve(schema, item).get("type") == "object":
        checks.append(f"all(_{row}(item) for item in {name})")
    else:
        checks.append(f"all({expression(schema, item, 'item')} for item in {name})")
    return "(" + " and ".join(checks) + ")"


def function(schema: Schema, name: str, skip: frozenset[str] = frozenset()) -> list[str]:
    """The checking function of one closed object of an event."""
    properties = closed(name, schema["$defs"][name])
    checks = [f"len(value) == {len(properties)}"]
    if not skip:
        checks.insert(0, "type(value) is dict")
    checks += [expression(schema, field, f'value["{key}"]') for key, field in properties.items() if key not in skip]
    lines = joined(checks)
    words = sorted(word for word in VOCABULARIES.values() if any(f" {word}" in line for line in lines))
    # Most events have no such word, and the hook should not pay for the lists.
    needed = [f"    from telemetry.contract.vocabulary import {', '.join(words)}", ""] if words else []
    return ["", "", f"def _{name}(value: dict[str, object]) -> bool:", *needed, *lines]


def functions(schema: Schema, name: str, definition: Schema) -> list[str]:
    """The checking functions of a closed object and of all objects in it, the inner ones first."""
    inner: list[str] = []
    checks = ["type(value) is dict", f"len(value) == {len(definition['properties'])}"]
    for key, field in closed(name, definition).items():
        if field.get("type") == "object":
            inner += functions(schema, key, field)
            checks.append(f'_{key}(value["{key}"])')
        else:
            checks.append(expression(schema, field, f'value["{key}"]'))
    return [*inner, "", "", f"def _{name}(value: object) -> bool:", *joined(checks)]


def joined(checks: list[str]) -> list[str]:
    """Checks as one return statement."""
    return ["    return (", f"        {checks[0]}", *(f"        and {check}" for check in checks[1:]), "    )"]


def head(template: str, schema: str, helpers: tuple[str, ...]) -> str:
    """The beginning of a check's module: what it is, and the small functions it needs."""
    return template.format(notice=NOTICE.format(schema)) + "".join(HELPERS[name] for name in helpers) + "\n"


def event_check(schema: Schema) -> str:
    """The source of telemetry/contract/event_check.py."""
    kinds = [referred(branch) for branch in schema["oneOf"]]
    envelope = schema["x-envelope"]
    lines = ["", "def _envelope(value: dict[str, object]) -> bool:"]
    lines += joined([expression(schema, field, f'value["{key}"]') for key, field in envelope.items()])
    for row in ("planned_file", "built_file"):
        lines += function(schema, row)
    for kind in kinds:
        lines += function(schema, kind, frozenset([*envelope, "kind"]))
    table = "\n".join(f'    "{kind}": _{kind},' for kind in kinds)
    return head(EVENT_HEAD, "event", OF_EVENTS) + "\n".join(lines) + EVENT_TAIL.format(table=table)


def report_check(schema: Schema) -> str:
    """The source of telemetry/contract/report_check.py."""
    definitions = schema["$defs"]
    lines: list[str] = []
    for name in SHARED:
        lines += ["", "", f"def _{name}(value: object) -> bool:"]
        lines += [f"    return {expression(schema, definitions[name], 'value')}"]
    for row in ("matched", "effective"):
        lines += functions(schema, row, definitions[row])
    lines += functions(schema, "sealed", schema)
    checks = "\n".join(lines) + "\n"
    return head(REPORT_HEAD, "report", OF_REPORTS) + report_words(definitions) + checks + REPORT_TAIL


def report_words(definitions: Schema) -> str:
    """The lists of ranges, and the words that many features share."""
    ranges = [f"{name} = ({', '.join(map(literal, definitions[part]['enum']))})" for part, name in RANGES.items()]
    common = [
        f"COMMON_{name} = frozenset(({', '.join(map(literal, definitions[part]['x-common']))}))"
        for part, name in VOCABULARIES.items()
    ]
    return "\n" + "\n".join([*ranges, *common]) + "\n"


def vocabulary(schema: Schema) -> str:
    """The source of telemetry/contract/vocabulary.py."""
    lines = [
        '"""AgentSpec\'s published words: phases, agents, knowledge domains, file types.',
        "",
        NOTICE.format("event"),
        '"""',
        "",
        "from __future__ import annotations",
        "",
        f"PHASES = ({', '.join(map(literal, schema['$defs']['phase']['enum']))})",
    ]
    for name, word_list in VOCABULARIES.items():
        lines += ["", f"{word_list} = frozenset(", "    ("]
        lines += [f"        {literal(word)}," for word in schema["$defs"][name]["enum"]]
        lines += ["    )", ")"]
    return "\n".join(lines) + "\n"


# What is written from which schema.
MODULES: dict[str, tuple[str, Callable[[Schema], str]]] = {
    "telemetry/contract/event_check.py": ("event", event_check),
    "telemetry/contract/vocabulary.py": ("event", vocabulary),
    "telemetry/contract/report_check.py": ("report", report_check),
    "telemetry/community/report_shape.py": ("report", lambda schema: report_shape(schema, NOTICE.format("report"))),
}


def main(arguments: list[str]) -> int:
    """Write the modules, or with --check say which are not fresh."""
    stale = []
    for name, (schema, render) in MODULES.items():
        path, text = ROOT / name, render(load(schema))
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
