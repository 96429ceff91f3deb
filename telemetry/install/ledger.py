"""What an installation has to remember so that it can be undone without a trace.

Kept in the store as `installed.json`. It holds whether files and containers had been there before, how much
whitespace stood in empty ones, and salted digests of our own command files: no content, no path, no plain hash.
Pure but for the salt; place.py reads and writes it. Losing it is harmless: entries are known by their mark, only
what was empty before may then be gone.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, field
from typing import Any

from telemetry.install.registering import Made

NAME = "installed.json"
VERSION = 2


@dataclass(frozen=True)
class Ledger:
    """`made`: by settings file; `created`: which files and folders had not been there; `commands`: digests of ours."""

    made: dict[str, Made] = field(default_factory=dict)
    created: frozenset[str] = frozenset()
    commands: dict[str, str] = field(default_factory=dict)

    def dumped(self) -> str:
        """The ledger as the text of its file."""
        record = {
            "v": VERSION,
            "created": sorted(self.created),
            "commands": self.commands,
            "made": {name: _plain(made) for name, made in self.made.items()},
        }
        return json.dumps(record, indent=2) + "\n"


def loaded(text: str) -> Ledger:
    """The ledger in a text; an empty one where it says nothing we understand."""
    try:
        record = json.loads(text)
        if record["v"] != VERSION:
            return Ledger()
        made = {str(name): _made(plain) for name, plain in record["made"].items()}
        commands = {str(name): str(salted) for name, salted in record["commands"].items()}
        return Ledger(made, frozenset(map(str, record["created"])), commands)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return Ledger()


def digest(content: bytes) -> str:
    """A fresh salt and the digest of salt and content: says later whether the content is still the same."""
    salt = os.urandom(16)
    return salt.hex() + ":" + hashlib.sha256(salt + content).hexdigest()


def is_digest_of(salted: str, content: bytes) -> bool:
    """Whether a salted digest was made of this content."""
    salt, _, hexdigest = salted.partition(":")
    try:
        return hashlib.sha256(bytes.fromhex(salt) + content).hexdigest() == hexdigest
    except ValueError:
        return False


def _plain(made: Made) -> dict[str, Any]:
    return {
        "created": sorted(map(list, made.created)),
        "hollow": [[list(path), length] for path, length in sorted(made.hollow.items())],
    }


def _made(plain: dict[str, Any]) -> Made:
    created = frozenset(tuple(map(str, path)) for path in plain["created"])
    return Made(created, {tuple(map(str, path)): int(length) for path, length in plain["hollow"]})
