"""The command `agentspec-community`."""

from __future__ import annotations

import sys


def run() -> None:
    """The console script."""
    print("agentspec-community: the server is being built; see the issues.", file=sys.stderr)
    sys.exit(1)
