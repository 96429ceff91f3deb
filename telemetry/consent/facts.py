"""Gathers what the gate looks at: config.yaml, the store, git, the environment, the receipt. Reads only."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

import yaml

from telemetry.consent.gate import TO_SEND, Facts, Reason, Rule, reason_against
from telemetry.consent.receipt import Receipt, read_receipt, store_key_hash
from telemetry.consent.state import StateRefused, open_state
from telemetry.consent.surroundings import changes_variables
from telemetry.consent.terms import Terms, terms
from telemetry.consent.tracked import Tracking
from telemetry.contract import layout, settings
from telemetry.contract.config import Config, config_of
from telemetry.contract.refusals import forbidding

KEY_BYTES = 32
NO_FILE = "it is no plain file that could be read"


class _Word(NamedTuple):
    """What the state folder says: a fault, or a receipt with what ties it to the store."""

    fault: str | None
    receipt: Receipt | None
    store_key: str


class Gatherer:
    """Gathers facts about one project, again and again; remembers only what git said of an unchanged index."""

    def __init__(self, project: str, environ: Mapping[str, str]) -> None:
        self.project = os.path.realpath(project)
        self.store = os.path.join(self.project, *layout.STORE)
        self._environ = environ
        self._tracking = Tracking(environ)

    def config(self) -> Config:
        """What config.yaml says, problems included; one that is there and cannot be read is a problem, too."""
        path = os.path.join(self.store, layout.CONFIG)
        data = _read(path, settings.MAX_BYTES + 1)
        config = config_of(data)
        return config._replace(problems=(NO_FILE,)) if data is None and os.path.lexists(path) else config

    def receipt(self) -> Receipt | None:
        """The person's last word about this store, if it can be believed."""
        return self._word().receipt

    def facts(self, now: datetime) -> Facts:
        """The facts as they are now; never raises for what lies in the project or the state folder."""
        config = self.config()
        word = self._word()
        changes = changes_variables(self.project)
        return Facts(
            switch="broken" if config.problems else "on" if config.sharing else "off",
            recording=config.recording,
            fault=_fault_of(self.project),
            tracked=None if changes else self._tracking.of(self.project),  # its PATH might name a git of its own
            environment=forbidding(self._environ),
            project_variables=changes,
            state_fault=word.fault,
            receipt=word.receipt,
            switched_off=os.path.lexists(os.path.join(self.store, layout.SWITCHED_OFF)),
            receipt_at=_milliseconds(word.receipt.at) if word.receipt else 0,
            store=self.store,
            store_key=word.store_key,
            terms=_terms(),
            endpoint=config.endpoint,
            now=int(now.timestamp() * 1000),
        )

    def asked(self, now: datetime, rules: tuple[Rule, ...] = TO_SEND) -> tuple[Facts, Reason | None]:
        """The facts, and the gate's answer to them."""
        facts = self.facts(now)
        return facts, reason_against(facts, rules)

    def reason(self, now: datetime, rules: tuple[Rule, ...] = TO_SEND) -> Reason | None:
        """Why nothing may be shared now; None where it may."""
        return self.asked(now, rules)[1]

    def _word(self) -> _Word:
        key = _read(os.path.join(self.store, layout.KEY), KEY_BYTES + 1)
        if key is None or len(key) != KEY_BYTES:
            return _Word("bad_key", None, "")
        try:
            state = open_state()
            if state is None:
                return _Word(None, None, "")
            with state:
                receipt = read_receipt(state, self.store)
                return _Word(None, receipt, store_key_hash(state, key) if receipt else "")
        except StateRefused as refused:
            return _Word(refused.code, None, "")


def _fault_of(project: str) -> str | None:
    """What is wrong with the store itself, from the outside in."""
    path = project
    for name in (*layout.STORE, layout.CONFIG):
        path = os.path.join(path, name)
        try:
            found = os.lstat(path)
        except FileNotFoundError:
            return None if name == layout.CONFIG else "no_store"
        except OSError:
            return "unreadable"
        if stat.S_ISLNK(found.st_mode):
            return "symlink"
        if found.st_uid != os.geteuid():
            return "foreign"
        if name != layout.STORE[0] and found.st_mode & 0o022:  # .claude is the project's, and shared in many
            return "open_to_others"
        if name == layout.CONFIG and (not stat.S_ISREG(found.st_mode) or found.st_nlink != 1):
            return "foreign"
    return None


def _read(path: str, limit: int) -> bytes | None:
    """The first bytes of a plain file, no link followed; None where there is none that may be read."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        return os.read(fd, limit) if stat.S_ISREG(os.fstat(fd).st_mode) else None
    except OSError:
        return None
    finally:
        os.close(fd)


def _terms() -> Terms | None:
    try:
        return terms()
    except (OSError, yaml.YAMLError):
        return None


def _milliseconds(at: str) -> int:
    try:
        return int(datetime.fromisoformat(at.replace("Z", "+00:00")).timestamp() * 1000)
    except ValueError:
        return 1 << 62  # no date: never after it
