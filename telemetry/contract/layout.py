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

MAX_EVENT_BYTES = 4096
MAX_DEBUG_BYTES = 64 * 1024
