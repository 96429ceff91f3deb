"""Whether git tracks anything of a store: then it may have come with a clone, and cannot say yes.

Asks git, hardened: a repository's own configuration starts no program, nothing is fetched, no GIT_ variable of the
environment is believed, and no program of the project's is taken for git. What git does not clearly deny counts as
unknown.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping

from telemetry.contract import layout

GIT = ("git", "--no-pager", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null",
       "-c", "safe.bareRepository=explicit")  # fmt: skip
GIT_ENVIRON = {
    "GIT_ALLOW_PROTOCOL": "",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
}
LIMIT_SECONDS = 10

Signature = tuple[tuple[str, int, int, int], ...]


class Tracking:
    """Remembers git's answer for as long as no index has changed: the gate asks before every request."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._known: tuple[str, Signature, bool | None] | None = None

    def of(self, project: str) -> bool | None:
        """Whether git tracks any of the project's store; None where it would not say."""
        repositories = list(_repositories(project))
        if not repositories:
            return False
        before = _signature(repositories)
        if self._known and before is not None and self._known[:2] == (project, before):
            return self._known[2]
        answer = _worst(tracks(repository, project, self._environ) for repository in repositories)
        self._known = (project, before, answer) if before is not None else None
        return answer


def tracks(repository: str, project: str, environ: Mapping[str, str]) -> bool | None:
    """Whether one repository tracks any of the project's store, or a submodule on the way to it.

    The repository may lie above the project, be its .claude, or lie in the store itself.
    """
    store = os.path.relpath(os.path.join(project, *layout.STORE), repository)
    asked = f":(literal,icase){os.path.dirname(store) or store}"  # a folder may be called `:!x`, or .CLAUDE
    for options in (["--sparse"], []):  # git before 2.35 does not know the option
        said = _ask([*GIT, "-C", repository, "ls-files", "-z", *options, "--", asked], environ)
        if said is not None:
            return _is_in(said.casefold().split("\0"), store.casefold())
    return None


def _is_in(names: list[str], store: str) -> bool | None:
    parts = store.split("/")
    above = {"/".join(parts[: count + 1]) for count in range(len(parts))}
    if any(name in above or name.startswith(f"{store}/") or (name and store == ".") for name in names):
        return True
    # A folder outside a sparse checkout: git would have to fetch to say what is in it.
    return None if any(name.rstrip("/") in above for name in names if name.endswith("/")) else False


def _repositories(project: str) -> Iterator[str]:
    """The folders from the store upwards that have a `.git`: inner ones may hide what outer ones track."""
    folder = os.path.join(project, *layout.STORE)
    while True:
        if os.path.lexists(os.path.join(folder, ".git")):
            yield folder
        above = os.path.dirname(folder)
        if above == folder:
            return
        folder = above


def _worst(answers: Iterator[bool | None]) -> bool | None:
    found = list(answers)
    return True if True in found else None if None in found else False


def _signature(repositories: list[str]) -> Signature | None:
    """What changes when an index does; None where the index lies elsewhere (worktrees, submodules)."""
    found = []
    for repository in repositories:
        index = os.path.join(repository, ".git", "index")
        try:
            state = os.stat(index, follow_symlinks=False)
        except FileNotFoundError:
            if not os.path.isdir(os.path.join(repository, ".git")):
                return None
            found.append((index, 0, 0, 0))
            continue
        except OSError:
            return None
        found.append((index, state.st_ino, state.st_size, state.st_mtime_ns))
    return tuple(found)


def _ask(command: list[str], environ: Mapping[str, str]) -> str | None:
    """Git's output; None where it is missing, fails, complains or takes too long."""
    kept = {name: value for name, value in environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(
            command, env={**kept, "PATH": _elsewhere(kept), **GIT_ENVIRON}, stdin=subprocess.DEVNULL,
            capture_output=True, encoding="utf-8", errors="surrogateescape", timeout=LIMIT_SECONDS, check=False,
        )  # fmt: skip
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return None if done.returncode or done.stderr else done.stdout


def _elsewhere(environ: Mapping[str, str]) -> str:
    """The person's PATH without `.`, `node_modules/.bin` and the like: the git that lies there is the project's."""
    return os.pathsep.join(one for one in environ.get("PATH", os.defpath).split(os.pathsep) if os.path.isabs(one))
