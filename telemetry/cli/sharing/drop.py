"""`agentspec telemetry --drop ID`: delete a waiting report for good; its feature is never sealed again."""

from __future__ import annotations

import json
from argparse import Namespace

from telemetry.cli.sharing.setting import Setting, found_in, household_of, printable
from telemetry.contract import layout
from telemetry.contract.errors import TelemetryError
from telemetry.sharing.reports import sharing_lock
from telemetry.sharing.sending import was_in_a_request


def run(args: Namespace, setting: Setting) -> int:
    """Delete it, unless it is on its way already."""
    with household_of(setting) as household:
        if household is None:
            raise TelemetryError("no report waits here", "agentspec telemetry --status says what is shared.")
        with sharing_lock(household.reports.store):
            held = household.reports.held(layout.OUTBOX, layout.SENDING)
            one = found_in(held, args.drop)
            copies = [copy for copy in held if copy.id == one.id]
            if any(map(was_in_a_request, copies)):
                raise TelemetryError(
                    f"{printable(one.id)} was in a request already, and may have arrived",
                    "agentspec telemetry --purge takes back what the server has.",
                )
            for copy in copies:
                household.drop(copy)
    print(json.dumps({"dropped": one.id}) if args.json else f"{printable(one.id)} is deleted and will never leave.")
    return 0
