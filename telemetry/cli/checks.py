"""The doctor's checks: one small function each, in one list. Each looks at one thing and changes nothing.

`ok`: as it should be; `warn`: recording works, or may, but look at it; `fail`: recording does not
work, or the store is not private.
"""

from __future__ import annotations

import os
import shlex
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal, NamedTuple

from telemetry.cli.codes import explained
from telemetry.cli.ground import Ground, parsed
from telemetry.cli.projects import is_claude_codes_own
from telemetry.cli.reading import bytes_of, config_bytes_of
from telemetry.cli.stock import latest_in, text_of
from telemetry.consent.tracked import GIT
from telemetry.contract import layout
from telemetry.journal.months import months_of
from telemetry.journal.store import KEY_BYTES

PLUGIN = "agentspec-telemetry"
ENOUGH_ROOM = 10 * 1024 * 1024
CLOCK_TOLERANCE = timedelta(minutes=10)
ADVICE_ON_GIT = "Look whether it does, if you trust this repository: git can start programs that it names."
UNREADABLE = "Until then nothing is recorded and nothing shared: make it a plain file of your own, or delete it."
MOST_CODES, LONGEST_CODE = 20, 64


class Finding(NamedTuple):
    """What a check saw; `advice` is empty where there is nothing to do."""

    check: str
    level: Literal["ok", "warn", "fail"]
    text: str
    advice: str = ""


Check = Callable[[Ground], "Finding | Iterable[Finding]"]


# --- the store


def store_is_there(ground: Ground) -> Finding:
    """A store appears with the first phase; until then there is nothing to show."""
    if ground.store.is_dir():
        return Finding("store", "ok", str(ground.store))
    return Finding(
        "store",
        "warn",
        f"none yet at {ground.store}",
        "It is made when AgentSpec's first phase is run here in Claude Code, e.g. /define.",
    )


def not_at_home(ground: Ground) -> Finding:
    """Claude Code keeps files of its own in ~/.claude/telemetry: the home folder is no project."""
    if not is_claude_codes_own(str(ground.project), ground.environ):
        return Finding("project", "ok", str(ground.project))
    return Finding(
        "project", "fail", "this is your home folder, or its .claude is Claude Code's", explained("home_folder")[1]
    )


def no_links(ground: Ground) -> Finding:
    """The hook writes through no symbolic link, neither on the way to the store nor in it."""
    links = [path for path in (ground.store.parent, ground.store, *_files(ground)) if path.is_symlink()]
    if not links:
        return Finding("links", "ok", "no symbolic links on the way to the store or in it")
    return Finding(
        "links",
        "fail",
        f"{_shown(ground, links)} {'is a symbolic link' if len(links) == 1 else 'are symbolic links'}",
        "Nothing is recorded through a link. Replace it by a plain folder or file.",
    )


def own_files(ground: Ground) -> Finding:
    """A store that another user owns is not written."""
    foreign = [path for path, state in _store_and_files(ground) if state.st_uid != ground.uid]
    if not foreign:
        return Finding("owner", "ok", "everything in the store is yours")
    return Finding(
        "owner",
        "fail",
        f"{_shown(ground, foreign)} belongs to another user",
        "Give it back to yourself (chown), or delete it so that your own is made.",
    )


def private_files(ground: Ground) -> Finding:
    """The store is its owner's alone."""
    found = _store_and_files(ground)
    opened = [path for path, state in found if not stat.S_ISLNK(state.st_mode) and state.st_mode & 0o077]
    if not opened:
        return Finding("private", "ok", "only you can read the store")
    return Finding(
        "private",
        "warn",
        f"{_shown(ground, opened)} can be read by others",
        f"chmod -R go= {shlex.quote(str(ground.store))}  (the next event mends it as well)",
    )


def plain_files(ground: Ground) -> Finding:
    """The hook writes only to plain files with one name."""
    strange = [path for path, state in _store_and_files(ground)[1:] if not _is_plain(state)]
    if not strange:
        return Finding("files", "ok", "the store holds plain files only")
    return Finding(
        "files",
        "fail",
        f"{_shown(ground, strange)} is no plain file, or has a second name outside (hard link)",
        "Delete what you did not put there; the hook does not write to it.",
    )


def can_write(ground: Ground) -> Finding:
    """The nearest folder that exists must be writable, on a file system that is."""
    place = next(path for path in (ground.store, ground.store.parent, ground.project) if path.is_dir())
    if ground.is_writable(place):
        return Finding("writable", "ok", "the store can be written")
    return Finding(
        "writable",
        "fail",
        f"{place} cannot be written (rights, or a read-only file system)",
        "Nothing is recorded until it can: chmod u+rwx, or mount it writable.",
    )


def has_room(ground: Ground) -> Finding:
    """A full disk costs events."""
    place = next(path for path in (ground.store, ground.project) if path.is_dir())
    disk = os.statvfs(place)
    room, files = disk.f_bavail * disk.f_frsize, disk.f_favail if disk.f_files else 1
    if room >= ENOUGH_ROOM and files:
        return Finding("disk", "ok", f"{room // (1024 * 1024):,} MB free")
    level: Literal["warn", "fail"] = "warn" if room >= layout.MAX_EVENT_BYTES and files else "fail"
    return Finding("disk", level, f"the disk is full or nearly so: {room // 1024:,} KB free", "Free some space.")


# --- config and key


def config_is_valid(ground: Ground) -> Finding:
    """What config.yaml says, and whether the hook and people read the same in it; a broken one shares nothing."""
    path = ground.store / layout.CONFIG
    data = config_bytes_of(ground.store)
    if data is None:
        there = os.path.lexists(path)  # a link is there, too
        return (
            Finding("config", "fail", "config.yaml cannot be read", UNREADABLE)
            if there
            else Finding("config", "ok", "no config.yaml: recording is on, sharing is off")
        )
    from telemetry.contract.config import config_of  # noqa: PLC0415 yaml and jsonschema are slow to import

    config = config_of(data)
    recording = "on" if config.recording else "off"
    if config.problems:
        return Finding(
            "config",
            "fail",
            f"config.yaml: {'; '.join(config.problems)}",
            f"Until it is mended, the hook takes it as recording: {recording}, and nothing is shared.",
        )
    if not config.recording:
        return Finding("config", "warn", "recording is off", "To record, write `recording: on` in config.yaml.")
    return Finding("config", "ok", f"recording is on; config.yaml says sharing: {'on' if config.sharing else 'off'}")


def key_is_whole(ground: Ground) -> Finding:
    """Without the key no event can be linked to any other."""
    path = ground.store / layout.KEY
    key = bytes_of(path, KEY_BYTES + 1)
    if key is None and not os.path.lexists(path):
        return Finding("key", "ok", "none yet: made with the first event")
    if key is not None and len(key) == KEY_BYTES:
        return Finding("key", "ok", "there, and of the right size")
    meaning, advice = explained("bad_key")
    return Finding("key", "fail", meaning, advice)


# --- the journal


def lines_are_whole(ground: Ground) -> Finding:
    """Torn and foreign lines are left out of every figure."""
    count = ground.set_aside(ground.store, ground.now) if ground.store.is_dir() else 0
    if not count:
        return Finding("journal", "ok", "every line can be read")
    return Finding(
        "journal",
        "warn",
        f"{count:,} line{'s' if count > 1 else ''} cannot be read and {'are' if count > 1 else 'is'} left out",
        "A full disk or a cut of power leaves torn lines; the others count. Nothing needs to be done.",
    )


def clock_is_steady(ground: Ground) -> Finding:
    """Events from the future mean that the clock went backwards, or was wrong before."""
    moments = [moment for month in months_of(str(ground.store))[-2:] if (moment := latest_in(Path(month.path)))]
    latest = _instant(max(moments)) if moments else None
    if latest is None or latest <= ground.now + CLOCK_TOLERANCE:
        return Finding("clock", "ok", "no events from the future")
    return Finding(
        "clock",
        "warn",
        f"the last event is from the future: {latest.astimezone():%Y-%m-%d %H:%M}",
        "The clock went backwards, or was wrong. Durations around that time may be off.",
    )


def notes_of_the_hook(ground: Ground) -> Iterator[Finding]:
    """The codes the hook left in debug.log, each explained once."""
    counts: dict[str, tuple[int, str]] = {}
    for line in (text_of(ground.store / layout.DEBUG) or "").splitlines():
        at, _, code = line.partition(" ")
        if len(code) <= LONGEST_CODE and code.replace("_", "").isalnum():
            counts[code] = (counts.get(code, (0, ""))[0] + 1, at)
    if not counts:
        yield Finding("notes", "ok", "the hook noted no trouble")
    most = sorted(counts.items(), key=lambda one: -one[1][0])[:MOST_CODES]
    for code, (count, last) in sorted(most):
        meaning, advice = explained(code)
        when = _instant(last)
        since = f", last {when.astimezone():%Y-%m-%d %H:%M}" if when else ""
        yield Finding("notes", "warn", f"{code} ({count}x{since}): {meaning}", advice)
    if len(counts) > len(most):
        yield Finding("notes", "warn", f"and {len(counts) - len(most):,} more", f"They are in {layout.DEBUG}.")


def git_leaves_it_alone(ground: Ground) -> Finding:
    """The store ignores itself; somebody may have added it all the same."""
    store = "/".join(layout.STORE)
    if not any(os.path.lexists(folder / ".git") for folder in (ground.project, *ground.project.parents)):
        return Finding("git", "ok", "no git repository here")
    tracked = _tracked(ground)
    if tracked is None:
        return Finding("git", "warn", "git would not say whether it tracks the store", ADVICE_ON_GIT)
    if f"{layout.STORE[0]}/" in tracked:  # what is in it, git may have to fetch
        return Finding("git", "warn", f"{layout.STORE[0]} is outside git's sparse checkout", ADVICE_ON_GIT)
    count = len([name for name in tracked if name == store or name.startswith(f"{store}/")])
    if not count:
        return Finding("git", "ok", "git does not track the store")
    return Finding(
        "git", "fail", f"git tracks {count} file(s) of the store", f"git rm -r --cached {store}  (and commit that)"
    )


def sharing_is_as_meant(ground: Ground) -> Finding:
    """Whether what config.yaml wishes is what holds."""
    from telemetry.consent.facts import Gatherer  # noqa: PLC0415 not for --help

    facts, reason = Gatherer(str(ground.project), ground.environ).asked(ground.now)
    if facts.switch == "off" or (reason is not None and reason.code in ("no_store", "config_broken")):
        return Finding("sharing", "ok", "off: nothing leaves this machine")
    if reason is None:
        return Finding("sharing", "ok", f"on, to {facts.endpoint}")
    return Finding("sharing", "warn", f"config.yaml says on, but {reason.text}", reason.advice)


# --- Claude Code and the command


def hooks_are_registered(ground: Ground) -> Finding:
    """By the plugin or by the project's settings; both together count once."""
    from telemetry.install.recognising import registered_hooks  # noqa: PLC0415 not for --help

    by_settings = any(registered_hooks(text) for text in ground.settings_texts())
    plugin = next((name for name in ground.installed_plugins() if name.split("@")[0] == PLUGIN), None)
    by_plugin = plugin is not None and _is_enabled(ground, plugin)
    if by_settings or by_plugin:
        ways = [way for way, is_so in (("the plugin", by_plugin), ("settings", by_settings)) if is_so]
        return Finding("hooks", "ok", f"registered by {' and '.join(ways)}")
    if plugin is not None:
        return Finding("hooks", "fail", "the plugin is installed but disabled", f"claude plugin enable {plugin}")
    return Finding(
        "hooks",
        "fail",
        "not registered in this project, neither by the plugin nor in settings",
        "agentspec install, or install the plugin (README). With --plugin-dir this cannot be seen.",
    )


def agentspec_is_there(ground: Ground) -> Finding:
    """Without AgentSpec there are no phases to notice."""
    installed = any(name.split("@")[0] == "agentspec" for name in ground.installed_plugins())
    commands = [ground.project / ".claude" / "commands"] + ([ground.claude / "commands"] if ground.claude else [])
    copied = any((folder / sub / "define.md").is_file() for folder in commands for sub in ("", "workflow"))
    if installed or copied:
        return Finding("agentspec", "ok", "AgentSpec is here, as " + ("a plugin" if installed else "project commands"))
    return Finding("agentspec", "warn", "AgentSpec was not found", "Its phases are what is recorded: install it.")


def interpreter_is_there(ground: Ground) -> Finding:
    """The Python that the hooks chose once and remember."""
    text = text_of(ground.cache / "python") if ground.cache else None
    if text is None:
        return Finding("python", "ok", "the hooks choose a Python when they first run")
    chosen = text.split("\n")[0]
    if Path(chosen).is_absolute() and "\0" not in chosen and os.access(chosen, os.X_OK):
        return Finding("python", "ok", f"the hooks use {chosen}")
    return Finding("python", "warn", f"the hooks' Python is gone: {chosen!r}", "They choose another at the next event.")


def command_is_ours(ground: Ground) -> Finding:
    """Another program called `agentspec` may come first on PATH."""
    own = Path(sys.executable).parent / "agentspec"
    folders = [Path(part) for part in ground.environ.get("PATH", "").split(os.pathsep) if part]
    first = next((folder / "agentspec" for folder in folders if os.access(folder / "agentspec", os.X_OK)), None)
    if first is None:
        return Finding("command", "ok", f"agentspec is not on PATH; this one is {own}")
    if _same(first, own) or not own.exists():
        return Finding("command", "ok", f"agentspec is {first}")
    return Finding("command", "warn", f"another agentspec comes first on PATH: {first}", f"This one is {own}.")


CHECKS: tuple[Check, ...] = (
    not_at_home,
    store_is_there,
    no_links,
    own_files,
    private_files,
    plain_files,
    can_write,
    has_room,
    config_is_valid,
    key_is_whole,
    lines_are_whole,
    clock_is_steady,
    notes_of_the_hook,
    git_leaves_it_alone,
    sharing_is_as_meant,
    hooks_are_registered,
    agentspec_is_there,
    interpreter_is_there,
    command_is_ours,
)

# Where .claude is Claude Code's own, nothing in it is ours to judge, and no advice about it is right.
AT_HOME: tuple[Check, ...] = (not_at_home, agentspec_is_there, interpreter_is_there, command_is_ours)


def _tracked(ground: Ground) -> list[str] | None:
    """What git tracks in .claude; folders outside a sparse checkout as such, unless git is too old to say."""
    for options in (["--sparse"], []):
        said = ground.ask([*GIT, "-C", str(ground.project), "ls-files", "-z", *options, "--", layout.STORE[0]])
        if said is not None:
            return said.split("\0")
    return None


def _files(ground: Ground) -> list[Path]:
    """Everything in the store, folders of it included."""
    if ground.store.is_symlink() or not ground.store.is_dir():
        return []
    try:
        inside = sorted(ground.store.iterdir())
        folders = [path for path in inside if not path.is_symlink() and path.is_dir()]
        return inside + [path for folder in folders for path in sorted(folder.iterdir())]
    except OSError:
        return []  # what may not be listed is the business of `can_write`


def _store_and_files(ground: Ground) -> list[tuple[Path, os.stat_result]]:
    """The store itself, then all in it; a file that went away meanwhile (a draft, a mark) is left out."""
    found = []
    for path in (ground.store, *_files(ground)):
        with suppress(FileNotFoundError):
            found.append((path, path.lstat()))
    return found


def _is_plain(state: os.stat_result) -> bool:
    """Links have a check of their own."""
    if stat.S_ISREG(state.st_mode):
        return state.st_nlink == 1
    return stat.S_ISDIR(state.st_mode) or stat.S_ISLNK(state.st_mode)


def _shown(ground: Ground, paths: list[Path]) -> str:
    first = paths[0].relative_to(ground.project)
    return str(first) if len(paths) == 1 else f"{first} and {len(paths) - 1} more"


def _is_enabled(ground: Ground, plugin: str) -> bool:
    """Whether the last settings that speak of the plugin enable it; installed means enabled where none do."""
    enabled = True
    for text in ground.settings_texts():
        chosen = parsed(text).get("enabledPlugins")
        if isinstance(chosen, dict) and plugin in chosen:
            enabled = bool(chosen[plugin])
    return enabled


def _instant(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone()
    except (ValueError, OverflowError):
        return None


def _same(first: Path, second: Path) -> bool:
    try:
        return first.samefile(second)
    except OSError:
        return False
