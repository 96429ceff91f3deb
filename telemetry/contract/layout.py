"""Names of what lies in a store; the only place that knows them. Imported by the hook."""

from __future__ import annotations

STORE = (".claude", "telemetry")  # below the project's folder

EVENTS = "events"  # one file a month: 2026-11.jsonl
OPEN = "open"  # one empty file per session with AgentSpec work in it; named by the session's ref
CLOSED = "closed"  # the same for sessions that have ended: one of them may be resumed
KEY = "key"  # 32 random bytes: the key of every ref in this store
CONFIG = "config.yaml"
DEBUG = "debug.log"
IGNORE = ".gitignore"
README = "README.md"
CACHE = "cache.jsonl"
INSTALLED = "installed.json"

# What sharing adds, once a person has said yes. Folders are states of a report; a rename is the transition.
OUTBOX = "outbox"  # sealed, waiting
SENDING = "sending"  # a request with it is under way, or was when the machine went dark
SENT = "sent"  # the server has it, and gave a receipt
REFUSED = "refused"  # the server, or our own last guard, would not have it
SEALED = "sealed.jsonl"  # one line per feature that was ever sealed: none is sealed twice
SWITCHED_OFF = "switched-off"  # sharing was off while something was recorded: a yes from before does not hold any more
RETRY = "retry.json"  # when to try again
SHARING_LOCK = "sharing.lock"  # held while reports change their state
DAEMON_LOCK = "daemon.lock"  # held by the one daemon of this store, with its process id inside
STATES = (OUTBOX, SENDING, SENT, REFUSED)

MAX_EVENT_BYTES = 4096
MAX_DEBUG_BYTES = 64 * 1024
