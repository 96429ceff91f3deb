"""What a new store gets: a key, a .gitignore, a README, a commented config.yaml.

Runs in the hook, once in a store's life: standard library only.
"""

from __future__ import annotations

import contextlib
import posix

from telemetry.contract import layout, settings
from telemetry.journal.store import IGNORE_TEXT, KEY_BYTES, Store, StoreRefused, code_of

README_TEXT = """\
# AgentSpec Telemetry: this project's local store

This folder belongs to the AgentSpec Telemetry plugin. It holds small anonymous events about your
own AgentSpec phases, so that `agentspec insights` can show you your figures. It stays on this
machine and is never committed (see .gitignore); only once you have said yes to sharing, coarsened
reports made from it may leave. No code, names, paths, prompts or ids are in it:
NEVER_CAPTURE.yaml in the plugin lists what cannot be recorded, and how that is enforced.

| here | what it is |
|---|---|
| events/ | one line per event, one file per month; schemas/event.yaml describes every field |
| config.yaml | your switches: recording, sharing, retention |
| key | random; makes refs that mean nothing outside this folder; deleting it unlinks the past |
| open/ | one empty file per session with AgentSpec work in it |
| installed.json | what `agentspec install` added, so that it can be taken out again; no contents |
| closed/ | the same for sessions that have ended and may be resumed |
| debug.log | codes of what went wrong, if anything did; no contents |
| cache.jsonl | only a cache; delete it at any time |

Once you have said yes to sharing (`agentspec telemetry --enable`), these may appear, too:

| here | what it is |
|---|---|
| outbox/ | reports that wait, byte for byte as they would leave; deleting one keeps it here for good |
| sending/ | reports whose sending is under way |
| sent/ | reports that the server has, with its receipt |
| refused/ | reports that were not taken, with the reason |
| sealed.jsonl | one line per feature that was ever made into a report: none is twice |
| retry.json | when to try again |
| switched-off | sharing was off while something was recorded: an earlier yes does not hold any more |
| sharing.lock, daemon.lock | held by who is at work here |

Turn it off with `recording: off` or `sharing: off` in config.yaml; both are obeyed at once. Deleting
this folder deletes everything in it; `agentspec telemetry --purge` also takes back what was sent.
"""

CONFIG_TEXT = f"""\
# AgentSpec Telemetry: what happens in this project.

# on: note phases, agents, judges and knowledge domains in this folder, for `agentspec insights`.
# off: nothing is written, from the next event on, also in sessions that are running.
recording: on

# off: nothing leaves this machine, from now on, also of what is waiting already.
# on: finished, anonymous reports may leave it. The word alone is not enough, a person says yes:
# `agentspec telemetry --enable` shows what would leave, and asks.
sharing: off

# Where reports go: an https URL. No server is built in yet; without one, reports wait here.
# endpoint:

# How many hours a finished report waits, to be read or dropped, before it may leave: 1 to 720.
maturity_hours: {settings.DEFAULTS["maturity_hours"]}

# Events older than this many days are deleted, a month's file at a time.
retention_days: {settings.DEFAULTS["retention_days"]}

# When the events take more room than this, the oldest months go first.
store_megabytes: {settings.DEFAULTS["store_megabytes"]}
"""


def furnish(store: Store) -> None:
    """Make what is missing; what is there stays, but for a .gitignore that does not ignore all."""
    _overwrite(store, layout.IGNORE, IGNORE_TEXT)
    _create(store, layout.README, README_TEXT.encode())
    _create(store, layout.CONFIG, CONFIG_TEXT.encode())
    make_key(store)


def make_key(store: Store) -> None:
    """A key appears whole or not at all, and never twice: parallel first sessions agree on one."""
    draft = "key." + posix.urandom(8).hex()  # not the pid: containers that share a project share pids
    _create(store, draft, posix.urandom(KEY_BYTES))
    try:
        with contextlib.suppress(FileExistsError):
            posix.link(draft, layout.KEY, src_dir_fd=store.fd, dst_dir_fd=store.fd)
    except OSError as error:
        raise StoreRefused(code_of(error)) from error
    finally:
        _remove(store, draft)


def _create(store: Store, name: str, data: bytes) -> None:
    """A new file, whole or not at all; what is there stays."""
    try:
        fd = store.open_file(name, posix.O_WRONLY | posix.O_CREAT | posix.O_EXCL)
    except StoreRefused as refused:
        if refused.code == "eexist":
            return
        raise
    try:
        _write(fd, data)
    except StoreRefused:
        _remove(store, name)
        raise


def _overwrite(store: Store, name: str, data: bytes) -> None:
    """Not by O_TRUNC: a parallel session may be looking, and must not find it empty."""
    _write(store.open_file(name, posix.O_WRONLY | posix.O_CREAT), data)


def _write(fd: int, data: bytes) -> None:
    try:
        if posix.write(fd, data) != len(data):
            raise StoreRefused("short_write")
        posix.ftruncate(fd, len(data))
    except OSError as error:
        raise StoreRefused(code_of(error)) from error
    finally:
        posix.close(fd)


def _remove(store: Store, name: str) -> None:
    with contextlib.suppress(OSError):
        posix.unlink(name, dir_fd=store.fd)
