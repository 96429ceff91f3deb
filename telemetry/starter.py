"""What the start of a session runs where somebody has said yes to sharing: starts the daemon, apart from the session.

Decides nothing about sharing: the daemon asks the gate itself, before every send. This only saves starts that would be
for nothing, and sees to it that nothing of the session goes along: not its files, its folder, its terminal, its
environment, nor its end. Which program the daemon is stands in the person's own state folder, which no project and no
variable can name. Runs in the hook: standard library only, Python 3.9; never prints, never raises.
"""

from __future__ import annotations

import posix
from _stat import S_ISREG

from telemetry.contract import layout, settings
from telemetry.contract.refusals import VARIABLES, forbidding
from telemetry.journal.store import Store, open_store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

LIMIT_SECONDS = 10
NICENESS = 10

STATE = "/.local/state/agentspec-telemetry"  # below the home folder that the password database names
PROGRAM = "program"  # two lines: an interpreter, and the folder that our package lies in
MAX_PROGRAM_BYTES = 16 * 1024

_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
HANDED_ON = (*VARIABLES, *_PROXIES, *(name.lower() for name in _PROXIES))
PATH = "/usr/bin:/bin:/usr/local/bin:/opt/homebrew/bin:/run/current-system/sw/bin"

# The project may have a json.py, so -I; what that leaves out with it, the packages that a person installed for
# themselves, is put back (scripts/slash-hook does the same).
ENTRY = """\
import sys
if not sys.flags.no_site and sys.prefix == sys.base_prefix:
    import site
    place = site.getusersitepackages()
    if place.startswith("/"):
        site.addsitedir(place)
sys.path.insert(0, sys.argv.pop(1))
from telemetry.cli.main import run
run()
"""


def main(project: str) -> None:
    """Start the daemon of a project, if there is a reason to; exit 0."""
    try:
        from _signal import alarm  # type: ignore[import-not-found]  # noqa: PLC0415 `signal` costs its start-up

        alarm(LIMIT_SECONDS)  # a disk or a password database that hangs; the daemon has no alarm
        environ = environment()
        home = home_folder()
        program = program_in(home + STATE) if is_worth_a_start(project, environ) else None
        if program is not None:
            place = project if project.startswith("/") else posix.getcwd() + "/" + project
            interpreter, root, certificates = program
            detached(command(interpreter, root, place), cleaned(environ, home, certificates))
    except BaseException:
        pass
    posix._exit(0)


def environment() -> dict[str, str]:
    """The few variables that are looked at and handed on; the rest (keys, tokens) is not even read."""
    found = {}
    for name in HANDED_ON:
        value = posix.environ.get(name.encode())
        if value is not None:
            found[name] = value.decode("utf-8", "surrogateescape")
    return found


def is_worth_a_start(project: str, environ: Mapping[str, str]) -> bool:
    """Whether the daemon would find anything to do, as far as a look can tell."""
    if forbidding(environ):
        return False
    with open_store(project, create=False) as store:
        config = settings.text_of(store.read(layout.CONFIG, settings.MAX_BYTES + 1))
        return settings.is_sharing(config) and not is_running(store)


def is_running(store: Store) -> bool:
    """Whether a daemon of this store holds its lock. A shared lock: two sessions that look do not see each other."""
    import fcntl  # noqa: PLC0415 only where sharing is on

    try:
        lock = store.open_file(layout.DAEMON_LOCK, posix.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        posix.close(lock)
    return False


def home_folder() -> str:
    """The person's home, from the password database: HOME may come from a project."""
    import pwd  # noqa: PLC0415 only where sharing is on

    return pwd.getpwuid(posix.geteuid()).pw_dir


def program_in(state: str) -> tuple[str, str, str] | None:
    """The interpreter, the folder of our package, and the person's own file of certificates, which may be empty.

    As `agentspec telemetry --enable` noted them: with certificates of the session's, a project could read along.
    None where they are not there, or where anybody but the person could have written them.
    """
    text = _private_text(state)
    lines = text.split("\n") if text is not None else []
    if len(lines) not in (3, 4) or lines[-1] or not all(line.startswith("/") for line in lines[:2]):
        return None
    return lines[0], lines[1], lines[2]


def _private_text(state: str) -> str | None:
    """The text of the file; what is a link, somebody else's, or open to others is not read."""
    plain = posix.O_RDONLY | posix.O_NOFOLLOW | posix.O_CLOEXEC | posix.O_NONBLOCK
    folder = posix.open(state, plain | posix.O_DIRECTORY)
    file = posix.open(PROGRAM, plain, dir_fd=folder)
    found = posix.fstat(file)
    if not (_is_private(posix.fstat(folder)) and _is_private(found) and S_ISREG(found.st_mode) and found.st_nlink == 1):
        return None
    data = posix.read(file, MAX_PROGRAM_BYTES)
    return None if b"\0" in data else data.decode("utf-8", "surrogateescape")


def _is_private(found: posix.stat_result) -> bool:
    return found.st_uid == posix.geteuid() and not found.st_mode & 0o077


def command(interpreter: str, root: str, project: str) -> list[str]:
    """The words that start the daemon."""
    return [interpreter, "-I", "-c", ENTRY, root, "daemon", "--project", project]


def cleaned(environ: Mapping[str, str], home: str, certificates: str) -> dict[str, str]:
    """The daemon's whole environment: how to reach the network, what forbids it, and places no project can name."""
    own = {"REQUESTS_CA_BUNDLE": certificates} if certificates else {}
    return {**environ, **own, "PATH": PATH, "HOME": home}


def detached(words: list[str], environ: Mapping[str, str]) -> None:
    """Run a program that nothing of this process holds, and that holds nothing of it. Returns at once."""
    if posix.fork():
        return
    try:
        posix.setsid()
        if not posix.fork():  # no leader of a session: it can get no terminal
            _let_go()
            posix.execve(words[0], words, environ)
    finally:
        posix._exit(0)


def _let_go() -> None:
    """Of the session's files, folder, signals and priority."""
    from _signal import SIG_DFL, SIG_IGN, SIGHUP, SIGINT, SIGQUIT, SIGTERM, signal  # noqa: PLC0415

    signal(SIGHUP, SIG_IGN)
    for one in (SIGINT, SIGQUIT, SIGTERM):  # the hook's shell ignores them, and what is ignored stays so
        signal(one, SIG_DFL)
    posix.chdir("/")
    posix.umask(0o077)
    posix.nice(NICENESS)
    nothing = posix.open("/dev/null", posix.O_RDWR)
    for stream in (0, 1, 2):
        posix.dup2(nothing, stream)
    for name in posix.listdir("/dev/fd"):
        if int(name) > 2:
            _close(int(name))


def _close(fd: int) -> None:
    try:
        posix.close(fd)
    except OSError:
        return  # the listing's own
