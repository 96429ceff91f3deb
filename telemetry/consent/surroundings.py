"""Whether a project's own Claude Code settings change variables that sharing depends on. Reads only.

Such settings come with a clone, and Claude Code gives their `env` to every hook: a project could undo a person's
DO_NOT_TRACK, or send reports through its own proxy. Whoever needs such variables has them in their own settings.
"""

from __future__ import annotations

import json
import os
import re
import stat

from telemetry.contract.refusals import VARIABLES

FILES = ("settings.json", "settings.local.json")  # in the project's .claude
MAX_BYTES = 1 << 20
# CLAUDECODE: by it a session of Claude Code is told from a person.
_NAMES = frozenset((*VARIABLES, "HOME", "PATH", "CLAUDECODE", "CLAUDE_CONFIG_DIR", "HOSTALIASES", "LOCALDOMAIN"))
_KINDS = re.compile(r"(XDG_|LD_|DYLD_|PYTHON|GIT_|AGENTSPEC_|NSS_|SSL|OPENSSL_|RES_).*|.*_PROXY|.*_CA_BUNDLE")


def changes_variables(project: str) -> bool:
    """Whether any of the project's settings files does, or cannot be read."""
    return any(_changes(os.path.join(project, ".claude", name)) for name in FILES)


def _changes(path: str) -> bool:
    if not os.path.lexists(path):
        return False
    data = _bytes_of(path)
    if data is None:
        return True
    try:
        settings = json.loads(data) if data.strip() else None
    except (ValueError, RecursionError, MemoryError):
        return True  # Claude Code may read what we cannot: a number of 5,000 digits, 3,000 brackets
    env = settings.get("env") if isinstance(settings, dict) else None
    return isinstance(env, dict) and any(name.upper() in _NAMES or _KINDS.fullmatch(name.upper()) for name in env)


def _bytes_of(path: str) -> bytes | None:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        data = os.read(fd, MAX_BYTES + 1) if stat.S_ISREG(os.fstat(fd).st_mode) else None
    except OSError:
        return None
    finally:
        os.close(fd)
    return data if data is not None and len(data) <= MAX_BYTES else None
