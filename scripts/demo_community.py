"""The demo's second half: a community on this machine, from strangers' reports to the screen of `insights --community`.

A real server on loopback; 400 simulated strangers; the demo's project, shared by the real daemon; a development
release, which is exact and says so. Runs as processes of its own, whose password database has a throw-away home: the
demo's yes lies there and nowhere near the person's own. The yes comes first, before the month is played, and is a month
old; it names no server yet. The daemon is handed the demo's clock, as in its tests: the reports have rested for a day.
"""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from time import monotonic, sleep

ROOT = Path(__file__).resolve().parent.parent
STRANGERS = 400
SEED = 756  # of 400 strangers in whom the best team of each kind of work can be shown: the two also work apart
PATIENCE_SECONDS = 60.0
OF_A_PERSON = (
    "import pwd, sys; home = sys.argv.pop(1); found = pwd.getpwuid;"
    " pwd.getpwuid = lambda uid: pwd.struct_passwd((*found(uid)[:5], home, '/bin/sh'));"
    " from telemetry.cli.main import run; run()"
)


def main(folder: Path) -> int:
    """Play it in a folder that has a `project` with a month in it, and a `home`."""
    project, home = folder / "project", folder / "home"
    live_in(home)
    environ = {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8", "PYTHONPATH": str(ROOT)}
    server = {**environ, "AGENTSPEC_COMMUNITY_DATA": str(folder / "server"), "AGENTSPEC_COMMUNITY_PORT": "0"}
    with serving(server) as address:
        said(f"A community server runs on {address} (`agentspec-community serve`).")
        community(server, "simulate", "--seed", str(SEED), "--count", str(STRANGERS), "--send", address)
        said(f"{STRANGERS} simulated strangers have shared a report each.")
        count = share(project, address, environ)
        said(f"The demo's daemon has shared {count} reports; their bytes could be read for a day before.")
        wait_for(lambda: queue_depth(address) == 0, "the worker of the server")
        community(server, "release", "--make-key")
        community(server, "release", "--no-noise", "--yes")
        said(
            "The server has released its figures, without noise, as this is a demo. `agentspec insights --community`:\n"
        )
        return insights(project, home, environ)


def live_in(home: Path) -> None:
    """From here on this process is a person whose home that is."""
    found = pwd.getpwuid
    pwd.getpwuid = lambda uid: pwd.struct_passwd((*found(uid)[:5], str(home), "/bin/sh"))


@contextmanager
def serving(environ: Mapping[str, str]) -> Iterator[str]:
    """A running server; its address. Ended as an operator ends it."""
    command = [sys.executable, "-m", "telemetry.community.main", "serve"]
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            line = server.stdout.readline()
            if "http://" not in line:
                raise SystemExit("the server did not start; `make setup` installs what it needs")
            yield line.split()[-1]
        finally:
            server.terminate()


def community(environ: Mapping[str, str], *words: str) -> None:
    """One command of the server's."""
    command = [sys.executable, "-m", "telemetry.community.main", *words]
    ran = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise SystemExit(f"agentspec-community {words[0]}: {ran.stderr}")


def say_yes(folder: Path) -> int:
    """A month ago, before anything of it had begun."""
    live_in(folder / "home")
    from telemetry.cli.sharing.enable import accept  # noqa: PLC0415 after `live_in`
    from telemetry.cli.sharing.setting import Setting, setting_of  # noqa: PLC0415

    class AMonthAgo(Setting):
        def now(self) -> datetime:
            return super().now() - timedelta(days=31)

    accept(AMonthAgo(*setting_of(str(folder / "project"), {})), None, 24)
    return 0


def share(project: Path, address: str, environ: Mapping[str, str]) -> int:
    """Name the server, and let a daemon seal and send, a week ago and now; how many reports have left.

    In two weeks, as no more than ten may leave in one: else chance would say which.
    """
    from telemetry.cli.sharing.enable import accept  # noqa: PLC0415 after `live_in`
    from telemetry.cli.sharing.setting import setting_of  # noqa: PLC0415
    from telemetry.consent.gate import going_on  # noqa: PLC0415
    from telemetry.sharing import daemon  # noqa: PLC0415

    setting, hurry = setting_of(str(project), environ), daemon.Rhythm(idle=0, look_around=0, settle=0)
    accept(setting, address, 24, going_on(setting.gatherer.facts(setting.now())))
    for hours in (9 * 24, 9 * 24 - 25, 25, 0):  # what was sealed rests for a day
        moment = datetime.now(timezone.utc) - timedelta(hours=hours)
        why = daemon.run(str(project), environ, lambda moment=moment: moment, hurry)  # type: ignore[misc]
        if why != "idle":
            raise SystemExit(f"the daemon would not share: {why}")
    count = len(list((project / ".claude/telemetry/sent").glob("*.report")))
    if not count:
        raise SystemExit("the daemon shared nothing of the month")
    return count


def queue_depth(address: str) -> float:
    """How many reports wait for the worker, as the server's own metrics say."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # no proxy is asked for this machine
    with opener.open(address + "/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    return float(next(line.split()[-1] for line in lines if line.startswith("agentspec_queue_depth ")))


def wait_for(holds: Callable[[], bool], what: str) -> None:
    """Return when it holds."""
    until = monotonic() + PATIENCE_SECONDS
    while not holds():
        if monotonic() > until:
            raise SystemExit(f"{what} took too long")
        sleep(0.05)


def insights(project: Path, home: Path, environ: Mapping[str, str]) -> int:
    """What the person sees; the exit code."""
    words = ("insights", "--project", str(project), "--community", "--leaderboard")
    return subprocess.run([sys.executable, "-c", OF_A_PERSON, str(home), *words], env=environ, check=False).returncode


def said(text: str) -> None:
    """A line of the demo's own, before what the next command prints."""
    print(text, flush=True)


if __name__ == "__main__":
    raise SystemExit(say_yes(Path(sys.argv[1])) if sys.argv[2:] == ["yes"] else main(Path(sys.argv[1])))
