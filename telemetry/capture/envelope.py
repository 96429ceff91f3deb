"""From facts to events: keyed hashes, ids, time. Pure; the key and the clock are passed in."""

from __future__ import annotations

try:
    from _blake2 import blake2b  # what hashlib.blake2b is, without hashlib's start-up
except ImportError:  # another interpreter keeps it elsewhere
    from hashlib import blake2b

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from telemetry.capture.observe import Fact, Payload

SCHEMA_VERSION = 1


class Refs:
    """Keyed hashes of one store: `refs("feature", name)` → 16 hex digits.

    BLAKE2b with a key is a MAC (RFC 7693); see docs/decisions/0002-keyed-hashes.md. Without the
    store's random key nothing can be looked up from a ref; deleting the folder deletes the key.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def __call__(self, what: str, text: str) -> str:
        return self._digest(8, what, text)

    def session(self, payload: Payload) -> str:
        """The ref of a payload's session."""
        return self("session", _text(payload, "session_id"))

    def event_id(self, *parts: str) -> str:
        """The id of an event, the same for the same ids of the host: 32 hex digits."""
        return self._digest(16, "event", *parts)

    def _digest(self, size: int, *parts: str) -> str:
        data = "\0".join(parts).encode("utf-8", "surrogatepass")
        digest: str = blake2b(data, key=self._key, digest_size=size).hexdigest()
        return digest


def enveloped(payload: Payload, facts: list[Fact], refs: Refs, at: str) -> list[dict[str, Any]]:
    """One event per fact. The fields stand in the schema's order: the reader's fast path counts on it."""
    session = refs.session(payload)
    turn = _text(payload, "prompt_id")
    ids = host_ids(payload, at)
    return [
        {
            "v": SCHEMA_VERSION,
            "id": refs.event_id(*ids, str(number)),
            "at": at,
            "session": session,
            "turn": refs("turn", turn) if turn else None,
            "feature": feature,
            "kind": kind,
            **fields,
        }
        for number, (kind, feature, fields) in enumerate(facts)
    ]


def host_ids(payload: Payload, at: str) -> tuple[str, ...]:
    """What the host calls this happening, so that two hooks that see it agree on its id.

    A tool call and a subagent have ids of their own; anything else happens once in a turn. A host
    that names no turn gives the second it happened in, which two hooks of one moment mostly share.
    """
    event = _text(payload, "hook_event_name")
    own = _text(payload, "tool_use_id") or _text(payload, "agent_id")
    if not own:
        turn = _text(payload, "prompt_id") or at[:19]
        again = "again" if payload.get("stop_hook_active") is True else ""
        own = "\0".join((turn, _text(payload, "command_name"), _text(payload, "reason"), again))
    return (_text(payload, "session_id"), event, own)


def _text(payload: Payload, name: str) -> str:
    value = payload.get(name)
    return value if isinstance(value, str) else ""
