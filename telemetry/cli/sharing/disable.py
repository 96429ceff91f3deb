"""`agentspec telemetry --disable`: nothing more is shared. Never refuses, never asks."""

from __future__ import annotations

import json
from argparse import Namespace
from pathlib import Path

from telemetry.cli.sharing.enable import forget_waiting
from telemetry.cli.sharing.setting import Setting, plural
from telemetry.consent.choice import say_no
from telemetry.contract.errors import TelemetryError
from telemetry.journal.store import open_store


def run(args: Namespace, setting: Setting) -> int:
    """Take the yes back first; then the switch, then what waits."""
    if not Path(setting.store).is_dir():
        say_no(None, setting.store, setting.now())
        print(
            json.dumps({"sharing": False, "deleted": 0}) if args.json else "Nothing is shared: there is no store here."
        )
        return 0
    with open_store(setting.gatherer.project, create=False) as store:
        try:
            say_no(store, setting.store, setting.now())
            deleted = forget_waiting(setting)
        except OSError as error:
            raise TelemetryError(
                f"nothing more is shared, but {error.strerror}", "agentspec doctor says more."
            ) from error
        except TelemetryError as error:  # the yes is gone already, or lies where it is not believed
            raise TelemetryError(f"nothing more is shared, but {error.message}", error.hint) from error
    if args.json:
        print(json.dumps({"sharing": False, "deleted": deleted}))
        return 0
    print(
        "Nothing more is shared from this project."
        + (f" {plural(deleted, 'waiting report')} deleted." if deleted else "")
    )
    print("What was sent already: agentspec telemetry --purge takes back what the server still has.")
    return 0
