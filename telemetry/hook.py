"""What Claude Code runs at each hook: payload in, events out, silence, exit 0.

The one place where capture and journal meet. It never prints, never blocks, never raises: whatever
happens ends in exit 0, and at most a code in debug.log. Standard library only, Python 3.9.
"""

from __future__ import annotations

import posix
import time

from telemetry.capture.envelope import Refs, enveloped
from telemetry.capture.observe import FOLLOWERS, observe
from telemetry.contract import layout, settings
from telemetry.journal.append import append
from telemetry.journal.sessions import close, is_open, mark_open, reopen
from telemetry.journal.store import Store, StoreRefused, open_store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from telemetry.capture.observe import Payload

MAX_PAYLOAD_BYTES = 64 * 1024 * 1024
LIMIT_SECONDS = 10
MAX_LIST_BYTES = 1 << 20
CLOCK = "AGENTSPEC_TELEMETRY_NOW"  # moves the clock for tests and demos: 2026-11-22T10:00:00.000Z


def main() -> None:
    """Read one payload from standard input, record what it says, exit 0."""
    try:
        # `signal` itself costs its start-up.
        from _signal import alarm  # type: ignore[import-not-found]  # noqa: PLC0415

        alarm(LIMIT_SECONDS)  # a disk that hangs must not hold the session, nor leave processes behind
        payload = decode(read_all(0))
        if payload is not None:
            record(payload, environment())
    except BaseException:
        pass
    posix._exit(0)  # no interpreter shutdown: it takes time and can print


def environment() -> dict[str, str]:
    """The few variables the hook looks at; the rest (keys, tokens) is not even read."""
    found = {}
    for name in ("CLAUDE_PROJECT_DIR", "CLAUDE_CONFIG_DIR", "HOME", CLOCK):
        value = posix.environ.get(name.encode())
        if value:
            found[name] = value.decode("utf-8", "surrogateescape")
    return found


def record(payload: Payload, environ: Mapping[str, str]) -> None:
    """Append the payload's events to the project's journal; on trouble leave a code in debug.log."""
    project = environ.get("CLAUDE_PROJECT_DIR") or payload.get("cwd")
    if not isinstance(project, str) or not project:
        return
    at = now(environ)
    try:
        try:
            store = open_store(project, create=False)
        except FileNotFoundError:
            if not _is_agentspecs(payload, project):
                return
            store = open_store(project)
    except Exception:
        return  # there is no store to note it in; `agentspec doctor` finds out why
    with store:
        try:
            _record(store, payload, environ, at)
        except StoreRefused as refused:
            _note(store, at, refused.code)
        except Exception as error:
            _note(store, at, "bug_" + type(error).__name__)


def _record(store: Store, payload: Payload, environ: Mapping[str, str], at: str) -> None:
    config = settings.text_of(store.read(layout.CONFIG, settings.MAX_BYTES + 1))
    if not settings.is_recording(config):
        return
    note_switched_off(store, config)
    refs = Refs(store.key())
    if payload.get("hook_event_name") == "SessionStart":
        reopen(store, refs.session(payload))
        return
    events = enveloped(payload, observe(payload, refs), refs, at)
    if not events:
        return
    session = events[0]["session"]
    if events[0]["kind"] in FOLLOWERS:
        if not is_open(store, session):
            return  # an ordinary session: nothing of AgentSpec's happened in it
    else:
        mark_open(store, session)
    if events[0]["kind"] == "phase_started":
        events[0]["agentspec"] = installed_version(environ)
    append(store, events)
    if events[0]["kind"] == "session_ended":
        close(store, session)
        from telemetry.journal.retain import retain  # noqa: PLC0415 once a session, at its end

        retain(store, at[:10], settings.number(config, "retention_days"), settings.number(config, "store_megabytes"))


def note_switched_off(store: Store, config: str) -> None:
    """Leave a mark if sharing was once said yes to here, and config.yaml does not say on now.

    What is recorded while sharing is off must never be shared: with the mark the old yes is worth nothing
    (telemetry/consent/gate.py), and `on` by hand leads to the dialog.
    """
    try:
        posix.stat(layout.OUTBOX, dir_fd=store.fd, follow_symlinks=False)  # only a person's yes makes it
    except OSError:
        return
    if not settings.is_sharing(config):
        posix.close(store.open_file(layout.SWITCHED_OFF, posix.O_WRONLY | posix.O_CREAT))


def _is_agentspecs(payload: Payload, project: str) -> bool:
    """Whether a first event is a reason to make a store: other plugins have a /build or a /ship, too."""
    facts = observe(payload, lambda what, text: "")  # hashed under no key: only to see whether there are any
    phase = facts[0][2].get("phase") if facts and facts[0][0] == "phase_started" else None
    if phase not in ("design", "build", "ship", "iterate"):
        return bool(facts)
    asked = payload.get("tool_input")
    command = asked.get("skill") if isinstance(asked, dict) else payload.get("command_name")
    try:
        return str(command).startswith("agentspec:") or bool(posix.stat(project + "/.claude/sdd"))
    except OSError:
        return False


def now(environ: Mapping[str, str]) -> str:
    """The instant, UTC, to the millisecond."""
    moved = environ.get(CLOCK)
    if moved:
        return moved
    instant = time.time_ns() // 1_000_000
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(instant // 1000)) + f".{instant % 1000:03d}Z"


def read_all(fd: int) -> bytes:
    """Everything on a descriptor, up to the limit; past it nothing at all."""
    parts: list[bytes] = []
    size = 0
    while size <= MAX_PAYLOAD_BYTES:
        part = posix.read(fd, 1 << 16)
        if not part:
            return b"".join(parts)
        parts.append(part)
        size += len(part)
    return b""


class _Decoding:
    """What the C scanner of `json` asks its decoder for. Importing `json` costs as much as starting Python."""

    strict = False
    object_hook = None
    object_pairs_hook = None
    parse_float = float
    parse_int = int
    parse_constant = float
    memo: dict[str, str] = {}  # noqa: RUF012 the scanner's protocol


def decode(data: bytes) -> Payload | None:
    """The payload as an object, or None where it is none."""
    text = data.decode("utf-8", "replace").strip()
    try:
        from _json import make_scanner  # noqa: PLC0415
    except ImportError:
        from json import loads  # noqa: PLC0415

        value: Any = loads(text)
    else:
        value, _ = make_scanner(_Decoding)(text, 0)  # type: ignore[arg-type]  # the C scanner asks for attributes only
    return value if isinstance(value, dict) else None


def installed_version(environ: Mapping[str, str]) -> str:
    """The version of the installed AgentSpec plugin; `0.0.0` where it cannot be found."""
    from telemetry.capture.version import UNKNOWN, version_of  # noqa: PLC0415 once a phase

    home = environ.get("CLAUDE_CONFIG_DIR") or environ.get("HOME", "") + "/.claude"
    try:
        with open(home + "/plugins/installed_plugins.json", "rb") as file:  # noqa: PTH123 pathlib costs start-up
            return version_of(decode(file.read(MAX_LIST_BYTES)))
    except (OSError, ValueError, StopIteration, RecursionError):
        return UNKNOWN


def _note(store: Store, at: str, code: str) -> None:
    from telemetry.journal.notes import note  # noqa: PLC0415 only when something went wrong

    note(store, at, code)
