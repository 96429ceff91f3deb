"""config.yaml as people mean it: parsed as YAML, checked against its schema, with words that teach.

The hook reads the same file without a parser (contract/settings.py). For recording and the numbers its reading
counts, and where both disagree the person is told. For sharing both must say on, and the file must be clear in
every other way, too: any problem at all means that nothing is shared. A problem never repeats what stands in the
file, and the file is never touched. Looks at the parser's events before anything is built from them, so that a
file made to choke a parser is refused in milliseconds. Not for the hook: imports a YAML parser.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

from telemetry.contract import settings
from telemetry.contract.resources import shipped

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator, ValidationError

_LONGEST_LINE = 300  # of what is no comment: a parser looks ahead on a line, and brackets make that slow
_LONGEST_VALUE = 200
_ODD_LINE_ENDS = "\x85\u2028\u2029"  # line ends to one parser and letters to another
_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9.-]+|\[[0-9a-f:.]+\])(:(?P<port>[0-9]+))?(?P<path>/.*)?", re.I | re.A
)
_PATH = re.compile(r"(/[A-Za-z0-9._~-]+)*/?")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


class Config(NamedTuple):
    """What config.yaml says. `sharing` is only ever true where there are no `problems`."""

    recording: bool
    sharing: bool
    endpoint: str | None
    maturity_hours: int
    retention_days: int
    store_megabytes: int
    problems: tuple[str, ...]


class Unclear(ValueError):
    """The text is no plain list of known names with one value each. Its message holds nothing of the text."""


@lru_cache(maxsize=8)  # the gate asks before every request
def config_of(data: bytes | None) -> Config:
    """The config in a file's bytes, of which up to settings.MAX_BYTES + 1 were read; None where there is no file.

    A file that is there and cannot be read is for the caller to tell: it must not come as None.
    """
    text = settings.text_of(data)
    values, problems = _read(data)
    endpoint = None if problems else values.get("endpoint")
    return Config(
        recording=settings.is_recording(text),
        sharing=not problems and _is_on(values.get("sharing", False)) and settings.is_sharing(text),
        endpoint=endpoint and endpoint_of(endpoint),
        maturity_hours=settings.number(text, "maturity_hours"),
        retention_days=settings.number(text, "retention_days"),
        store_megabytes=settings.number(text, "store_megabytes"),
        problems=problems,
    )


def values_of(text: str) -> dict[str, Any]:
    """What stands in a config.yaml, by name; whether the values are any good is another question.

    Raises Unclear for anything but known names at the top level, each once, each with a plain value.
    """
    if any(sign in text for sign in _ODD_LINE_ENDS):
        raise Unclear("a line ends in an unusual way")
    if any(len(line) > _LONGEST_LINE for line in text.splitlines() if not line.lstrip().startswith("#")):
        raise Unclear("a line is too long")
    try:
        _look_through(yaml.parse(text, yaml.SafeLoader))
        return yaml.safe_load(text) or {}
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise Unclear("it is no YAML" + (f" (line {mark.line + 1})" if mark else "")) from None
    except Unclear:
        raise
    except (ValueError, RecursionError):  # the 99th of a month
        raise Unclear("it is no YAML") from None


def endpoint_problem(url: str) -> str | None:
    """Why reports may not go to this URL; None where they may."""
    found = _URL.fullmatch(url) if len(url) <= _LONGEST_VALUE else None
    if not found:
        return "it must be https://host, with a port and a path at most, and not too long"
    host, port, path = found["host"].lower(), found["port"], found["path"] or ""
    if not _is_host(host):
        return "its host is no name and no address"
    if found["scheme"].lower() == "http" and not is_loopback(host):
        return "it must begin with https://; http is only for this very machine"
    if port is not None and (port.startswith("0") or len(port) > 5 or int(port) > 65535):
        return "its port must be from 1 to 65535"
    if not _PATH.fullmatch(path) or {".", ".."} & set(path.split("/")):
        return "its path may hold letters, digits, and - . _ ~ between single slashes, and no dots alone"
    return None


def endpoint_of(url: str) -> str:
    """The one way to write a good endpoint: scheme and host in small letters, no slash at the end."""
    end = url.find("/", len("https://"))
    end = len(url) if end == -1 else end
    return url[:end].lower() + url[end:].rstrip("/")


# --- the text


def _read(data: bytes | None) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The values, and everything that is wrong; what is too broken has no values."""
    try:
        text = _text_of(data or b"")
        values = values_of(text)
    except Unclear as unclear:
        return {}, (str(unclear),)
    return values, tuple(_against_schema(values) or _bad_endpoint(values) or _misread(values, text))


def _text_of(data: bytes) -> str:
    if len(data) > settings.MAX_BYTES:
        raise Unclear("it is too long")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise Unclear("it is not written in UTF-8") from None


def _look_through(events: Iterator[yaml.Event]) -> None:
    """Refuse everything that a list of `name: value` does not need, before anything is made of it."""
    next(events)  # the stream begins
    document = next(events)
    if isinstance(document, yaml.StreamEndEvent):
        return
    if document.version or document.tags:  # type: ignore[attr-defined]
        raise Unclear("directives are not understood here")
    root = _plain(next(events))
    if isinstance(root, yaml.MappingStartEvent) and not root.flow_style:
        _look_through_pairs(events)
    elif not (isinstance(root, yaml.ScalarEvent) and root.value == ""):
        raise Unclear("it is no list of `name: value`")
    next(events)  # the document ends
    if not isinstance(next(events), yaml.StreamEndEvent):
        raise Unclear("it holds more than one document")


def _look_through_pairs(events: Iterator[yaml.Event]) -> None:
    seen: set[str] = set()
    for key in events:
        if isinstance(key, yaml.MappingEndEvent):
            return
        name = _plain(key).value if isinstance(key, yaml.ScalarEvent) else None
        if name not in _fields():
            raise Unclear(f"only {', '.join(_fields())} are known here")
        if name in seen:
            raise Unclear(f"{name} stands there twice")
        seen.add(name)
        value = _plain(next(events))
        if not isinstance(value, yaml.ScalarEvent) or len(value.value) > _LONGEST_VALUE:
            raise Unclear(_not_valid(name))


def _plain(event: yaml.Event) -> Any:
    """The event, if nothing in it points elsewhere or asks to be taken for something else."""
    if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) or getattr(event, "tag", None):
        raise Unclear("anchors, aliases and tags are not understood here")
    return event


# --- the values


@cache
def _schema() -> dict[str, Any]:
    schema: dict[str, Any] = yaml.safe_load(shipped("schemas", "config.yaml").read_text(encoding="utf-8"))
    return schema


@cache
def _validator() -> Draft202012Validator:
    from jsonschema import Draft202012Validator  # noqa: PLC0415 slow to import, and not needed where there is no file

    return Draft202012Validator(_schema())


def _fields() -> dict[str, Any]:
    fields: dict[str, Any] = _schema()["properties"]
    return fields


def _against_schema(values: dict[str, Any]) -> list[str]:
    if all(_is_plainly_valid(value, _fields()[name]) for name, value in values.items()):
        return []
    found: list[ValidationError] = sorted(_validator().iter_errors(values), key=lambda error: error.json_path)
    return list(dict.fromkeys(_not_valid(str(error.path[0])) for error in found))


def _is_plainly_valid(value: object, field: dict[str, Any]) -> bool:
    """Whether a value needs no validator to be seen as good: the daemon has no room for one (9 MB)."""
    rules = {key: rule for key, rule in field.items() if key not in ("description", "default")}
    if rules.keys() == {"enum"}:
        return any(type(value) is type(word) and value == word for word in rules["enum"])
    if rules.pop("type", None) == "integer" and rules.keys() == {"minimum", "maximum"}:
        return type(value) is int and rules["minimum"] <= value <= rules["maximum"]
    return type(value) is str and rules.keys() == {"minLength", "maxLength"} and 1 <= len(value) <= rules["maxLength"]


def _not_valid(name: str) -> str:
    """The schema's own words about the field; never the value, which may be anything."""
    return f"{name} is not valid ({_fields()[name]['description'].strip().rstrip('.')})"


def _bad_endpoint(values: dict[str, Any]) -> list[str]:
    problem = endpoint_problem(values["endpoint"]) if "endpoint" in values else None
    return [f"endpoint is not valid: {problem}"] if problem else []


def _misread(values: dict[str, Any], text: str) -> list[str]:
    """Where the hook reads another thing than a YAML parser does."""
    switches = {
        "recording": _is_on(values.get("recording", True)) == settings.is_recording(text),
        "sharing": _is_on(values.get("sharing", False)) == settings.is_sharing(text),
    }
    numbers = {name: values.get(name, default) == settings.number(text, name) for name, default in
               settings.DEFAULTS.items()}  # fmt: skip
    return [
        *(f"the hook reads {name} otherwise; write `{name}: on` or `off` on a line of its own"
          for name, is_agreed in switches.items() if not is_agreed),
        *(f"the hook reads {name} otherwise; write it in plain digits on a line of its own"
          for name, is_agreed in numbers.items() if not is_agreed),
    ]  # fmt: skip


def _is_on(value: object) -> bool:
    return value is True or value == "on"


# --- the endpoint


def _is_host(host: str) -> bool:
    if host.startswith("["):
        return isinstance(_address(host[1:-1]), IPv6Address)
    labels = host.split(".")
    if labels[-1].isdigit() or labels[-1].startswith("0x"):  # 127.1 and 0x7f.1 are addresses to some
        return _address(host) is not None
    return len(host) <= 253 and all(_LABEL.fullmatch(label) for label in labels)


def is_loopback(host: str) -> bool:
    """Whether a host is this very machine."""
    address = _address(host.strip("[]"))
    if isinstance(address, IPv6Address):
        return address == IPv6Address("::1")
    return host == "localhost" or (address is not None and address.is_loopback)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return IPv6Address(text) if ":" in text else IPv4Address(text)
    except AddressValueError:
        return None
