"""`agentspec insights --community`, as a person types it, against a server that speaks over a real socket."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from subprocess import CompletedProcess
from types import MappingProxyType

import pytest

from telemetry.community.contributions import contribution_of
from telemetry.community.release.signing import public_of
from telemetry.community.sqlite.database import open_database
from telemetry.community.strangers import simulated
from telemetry.sharing import believed
from telemetry.sharing.wire import MAX_ANSWER_BYTES
from tests.community.servers import ROOT, command, environ_of, serving
from tests.people import Person, person
from tests.sharing.exchange import Exchange, Reply
from tests.sharing.projects import project_in, ship
from tests.sharing.receiver import Receiver, receiving
from tests.sharing.releases import KEY, OTHER, latest, month, release, serves, tag_of

OURS, THEIRS = public_of(KEY), public_of(OTHER)
W45 = latest(release("2026-W45"), month())
W46 = latest(release("2026-W46"), month())


class Sharer:
    """A person who shares a project with the server at an address."""

    def __init__(self, folder: Path, url: str, *features: str) -> None:
        self.owner, self.project = person(folder), project_in(folder, "secret-plans-of-" + folder.name)
        for feature in features:
            ship(self.project, feature)
        told = self.owner.run("telemetry", "--enable", "--yes", "--endpoint", url, project=self.project)
        assert told.returncode == 0, told.stderr

    def types(
        self, *words: str, hours: float = 0, environ: Mapping[str, str] = MappingProxyType({})
    ) -> CompletedProcess[str]:
        """`agentspec insights --community …`, so much later."""
        somebody: Person = self.owner.later(hours) if hours else self.owner
        return somebody.run("insights", "--community", *words, project=self.project, **environ)

    def sees(self, *words: str, hours: float = 0) -> str:
        """What is shown, on lines as they come."""
        done = self.types(*words, hours=hours)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    def is_told(self, *words: str, hours: float = 0, environ: Mapping[str, str] = MappingProxyType({})) -> str:
        """Why nothing is shown."""
        done = self.types(*words, hours=hours, environ=environ)
        assert (done.returncode, done.stdout) == (1, "")
        return done.stderr

    @property
    def kept(self) -> list[str]:
        """What is kept of servers."""
        return sorted(file.suffix for file in self.owner.state.iterdir() if file.suffix in believed.SUFFIXES)


@pytest.fixture
def server() -> Iterator[Receiver]:
    """A server with benchmarks."""
    with receiving(always=serves(W45)) as receiver:
        yield receiver
        assert receiver.ledger.violations == []


@pytest.fixture
def sharer(server: Receiver, tmp_path: Path) -> Sharer:
    """Who shares with it."""
    return Sharer(tmp_path / "ada", server.url, "ORDERS")


def one_line(text: str) -> str:
    """Without the breaks of a screen."""
    return " ".join(text.split())


# --- what is seen


def test_the_comparison_is_shown_with_the_key_that_is_believed(sharer: Sharer) -> None:
    """For people, in ASCII, and for programs."""
    shown = sharer.sees()
    assert "2026-W45" in shown and OURS in shown and "operator" in one_line(shown)
    assert max(map(len, shown.splitlines())) <= 80
    assert sharer.sees("--plain", "--leaderboard").isascii()
    told = json.loads(sharer.sees("--json"))
    assert (told["week"]["period"], told["standing"]["key"]) == ("2026-W45", OURS)
    later = sharer.sees(hours=25)
    assert "2026-W45" in later and "operator" not in one_line(later)


@pytest.mark.parametrize("option", [("--leaderboard",), ("--refresh",), ("--server-key", OURS)])
def test_options_that_need_the_community_say_so(option: tuple[str, ...], tmp_path: Path) -> None:
    """Rather than doing nothing."""
    done = person(tmp_path).run("insights", *option, project=project_in(tmp_path))
    assert (done.returncode, done.stdout) == (1, "")
    assert option[0] in done.stderr and "Add --community" in done.stderr


@pytest.mark.parametrize("option", [("--records",), ("--from", "mine.json")])
def test_what_does_not_go_together_says_so(option: tuple[str, ...], sharer: Sharer, server: Receiver) -> None:
    """Before anything is asked."""
    assert "do not go together" in sharer.is_told(*option)
    assert "--all" in sharer.is_told("--all", "--days", "3")
    assert server.ledger.raw == []


# --- what is asked


def test_all_people_ask_with_the_same_bytes(server: Receiver, tmp_path: Path) -> None:
    """Whoever they are, whatever they have, how long ago whatever they want to see; once, and not again for an hour."""
    ada = Sharer(tmp_path / "ada", server.url, "ORDERS", "SECRET")
    bob = Sharer(tmp_path / "bob", server.url)
    surroundings = {"LANG": "pt_BR.UTF-8", "TZ": "America/Sao_Paulo", "USER": "bob", "HOSTNAME": "bobs-machine"}
    assert ada.types("--days", "3", "--leaderboard").returncode == 0
    assert bob.types("--all", "--json", environ=surroundings).returncode == 0
    first, second = server.ledger.raw
    assert first == second
    assert sorted(first.decode().split("\r\n")) == sorted(
        [
            "GET /v1/benchmarks HTTP/1.1",
            f"Host: 127.0.0.1:{server.port}",
            "User-Agent: agentspec-telemetry",
            "Accept: application/json",
            "Accept-Encoding: identity",
            *("", ""),
        ]
    )
    for one in (ada, bob):
        one.sees("--all")
    assert len(server.ledger.raw) == 2
    ada.sees(hours=2)
    bob.sees("--refresh")
    third, fourth = server.ledger.raw[2:]
    assert third == fourth
    added = set(third.split(b"\r\n")) - set(first.split(b"\r\n"))
    assert added == {b"If-None-Match: " + tag_of(W45).encode()}


def test_no_name_that_a_server_gives_is_sent_back(sharer: Sharer, server: Receiver) -> None:
    """Neither a cookie nor an ETag of its own."""

    def marks(exchange: Exchange) -> None:
        exchange.read()
        exchange.answer(Reply(200, W45, (("ETag", '"you-are-17"'), ("Set-Cookie", "id=17; Max-Age=99999999"))))

    server.script(always=marks)
    sharer.sees()
    sharer.sees("--refresh")
    assert b"17" not in b"".join(server.ledger.raw).replace(str(server.port).encode(), b"")
    assert len(server.ledger.raw) == 2


def test_who_does_not_share_asks_nobody(sharer: Sharer, server: Receiver) -> None:
    """Whatever is kept."""
    sharer.sees()
    sharer.owner.run("telemetry", "--disable", project=sharer.project)
    told = sharer.is_told("--refresh", hours=2)
    assert "sharing is off" in told and "--enable" in told and "your own figures stay" in told
    assert len(server.ledger.raw) == 1


@pytest.mark.parametrize("variable", ["DO_NOT_TRACK", "CI"])
def test_a_yes_is_not_asked_for_where_it_would_be_refused(sharer: Sharer, server: Receiver, variable: str) -> None:
    """Where a variable forbids sharing, `--enable` says no as well."""
    told = sharer.is_told("--refresh", environ={variable: "1"})
    assert f"{variable} is set" in told and "--enable" not in told
    assert "Your own figures: agentspec insights" in told
    assert server.ledger.raw == []


@pytest.mark.parametrize("settings", ['{"env": {"HTTPS_PROXY": "http://evil.example.org"}}', "{"])
def test_a_reason_brings_its_own_advice(sharer: Sharer, settings: str) -> None:
    """A project's settings that sharing depends on, or that nobody can read."""
    (sharer.project / ".claude" / "settings.json").write_text(settings)
    told = sharer.is_told()
    assert "Take them out of `env` in .claude/settings.json" in told and "--enable" not in told
    assert "Your own figures: agentspec insights" in told


def test_a_yes_is_asked_for_where_it_is_what_is_missing(sharer: Sharer) -> None:
    """As on another machine."""
    for receipt in sharer.owner.state.glob("*.receipt"):
        receipt.unlink()
    assert "`agentspec telemetry --enable` asks for it" in sharer.is_told()


def test_without_an_address_there_is_nobody_to_ask(tmp_path: Path) -> None:
    """It says what to write."""
    somebody, project = person(tmp_path), project_in(tmp_path)
    ship(project, "ORDERS")
    assert somebody.run("telemetry", "--enable", "--yes", project=project).returncode == 0
    done = somebody.run("insights", "--community", project=project)
    assert done.returncode == 1
    assert "no server is set" in done.stderr and "endpoint: https://" in done.stderr


def test_outside_any_project_nothing_is_shared(tmp_path: Path) -> None:
    """So there is nothing to compare."""
    done = person(tmp_path).run("insights", "--community", project=project_in(tmp_path))
    assert done.returncode == 1
    assert "sharing is off" in done.stderr


# --- when something is wrong


def test_offline_what_was_kept_does(sharer: Sharer, server: Receiver) -> None:
    """With a word on why, and of when it is; without, with a word on what to do."""
    sharer.sees()
    server.close()
    shown = one_line(sharer.sees(hours=2))
    assert "2026-W45" in shown and "could not be reached" in shown
    for file in sharer.owner.state.glob(f"*{believed.KEPT}"):
        file.write_text(file.read_text().replace("5000", "6000"))
    told = sharer.is_told(hours=2)
    assert "could not be reached" in told and "Try again" in told
    assert "YOUR SDD METRICS" in sharer.owner.run("insights", project=sharer.project).stdout


def test_an_older_release_does_not_replace_a_newer_one(sharer: Sharer, server: Receiver) -> None:
    """It is said."""
    server.script(always=serves(W46))
    sharer.sees()
    server.script(always=serves(W45))
    shown = sharer.sees("--refresh")
    assert "2026-W46" in shown and "2026-W45" not in shown
    assert "older benchmarks than" in one_line(shown)


def huge(exchange: Exchange) -> None:
    """More than any benchmarks."""
    exchange.read()
    exchange.answer(Reply(200, bytes(MAX_ANSWER_BYTES + 1)))


def elsewhere(exchange: Exchange) -> None:
    """To a place that would answer."""
    exchange.read()
    is_there = exchange.path == "/elsewhere"
    exchange.answer(Reply(200, W45) if is_there else Reply(302, b"", (("Location", "/elsewhere"),)))


FORGED = W45.replace(b"5000", b"6000")
LOOSE = json.dumps(json.loads(W45)).encode()


@pytest.mark.parametrize(
    ("behaviour", "words"),
    [
        (huge, "too large"),
        (elsewhere, "answered 302"),
        (serves(FORGED), "not signed by the key"),
        (serves(LOOSE), "changed on its way"),
        (serves(b"<html>Welcome to our Wi-Fi</html>"), "login page"),
    ],
    ids=["huge", "redirect", "forged", "loose", "login"],
)
def test_what_is_no_benchmarks_leaves_no_trace(sharer: Sharer, server: Receiver, behaviour: object, words: str) -> None:
    """One request, no key believed, nothing kept."""
    server.script(always=behaviour)  # type: ignore[arg-type]
    assert words in sharer.is_told()
    assert len(server.ledger.raw) == 1
    assert sharer.kept == []


def test_another_key_is_refused_until_the_person_names_it(sharer: Sharer, server: Receiver) -> None:
    """In a terminal of their own: a model in a session may have been misled."""
    sharer.sees()
    server.script(always=serves(latest(release("2026-W46"), key=OTHER)))
    told = sharer.is_told(hours=2)
    assert OURS in told and THEIRS in told and "--server-key" in told
    for environ in ({"CLAUDECODE": "1"}, {"CLAUDE_PROJECT_DIR": str(sharer.project)}):
        assert "session of Claude Code" in sharer.is_told("--server-key", THEIRS, environ=environ)
    assert "64 hexadecimal digits" in sharer.is_told("--server-key", THEIRS[:16])
    shown = sharer.sees("--server-key", THEIRS.upper())
    assert "2026-W46" in shown and "operator" not in one_line(shown)
    assert THEIRS in sharer.sees("--json")


def test_a_purge_of_everything_takes_what_was_kept_of_servers(sharer: Sharer) -> None:
    """And the export has said that it was there."""
    sharer.sees()
    exported = json.loads(sharer.owner.run("telemetry", "--export", project=sharer.project).stdout)
    assert (exported["benchmarks"]["key"], exported["benchmarks"]["key_from"]) == (OURS, "first_seen")
    assert sharer.kept == sorted(believed.SUFFIXES)
    assert sharer.owner.run("telemetry", "--purge", "--all", "--yes", project=sharer.project).returncode == 0
    assert not sharer.owner.state.exists()


# --- the real server


def release_now(data: Path, *options: str) -> str:
    """`agentspec-community release …`; what it says."""
    done = subprocess.run(
        command("release", *options), cwd=ROOT, env=environ_of(data), check=True, capture_output=True, text=True
    )
    return done.stdout


def test_what_the_real_server_releases_is_compared(tmp_path: Path) -> None:
    """From nothing, to a demo's figures, to the word that they are known already."""
    with serving(tmp_path) as running:
        sharer = Sharer(tmp_path / "ada", running.url, "ORDERS")
        told = sharer.is_told()
        assert "released nothing yet" in told and "a week after its end" in told
        database = open_database(running.data / "community.db")
        reports = (json.loads(line)["report"] for line in simulated(1, 2000))
        database.aggregates.add([contribution_of(report, report["session"]["id"], "2026-W45") for report in reports])
        database.close()
        key = release_now(running.data, "--make-key").split()[2]
        release_now(running.data, "--no-noise", "--yes")
        shown = sharer.sees("--leaderboard")
        assert shown.startswith("DEVELOPMENT") and "2026-W45" in shown and key in shown
        assert sharer.sees("--refresh") and sharer.sees(hours=2).startswith("DEVELOPMENT")
        body = running.ask("GET", "/v1/benchmarks").body
        assert running.ask("GET", "/v1/benchmarks", headers={"If-None-Match": tag_of(body)}).status == 304


def test_nothing_of_this_is_loaded_for_ones_own_figures(sharer: Sharer) -> None:
    """Not even where sharing is on."""
    code = (
        "import sys; from telemetry.cli.main import main; main(['insights'])\n"
        "odd = [name for name in sys.modules if 'community' in name or name in ('cryptography', 'requests')]\n"
        "sys.exit(str(odd) if odd else 0)"
    )
    environ = {**os.environ, **sharer.owner.environ}
    subprocess.run([sys.executable, "-c", code], cwd=sharer.project, env=environ, check=True)
