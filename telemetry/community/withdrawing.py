"""`POST /v1/withdrawals`: who shows a report's token takes it back, out of the raw reports and out of the sums.

The sums come first: a kill in between leaves the raw report, and the next time finishes. A worker that holds the report
at this moment cannot bring it back: once subtracted, the sums never let it in. Who asks again, as the answer was lost,
is told the same for as long as the report would have stayed; after that, one that was taken back cannot be told from
others that are too old, and gets their answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from telemetry.community.desk import Desk
from telemetry.community.exchange import Request, Response, as_json
from telemetry.community.parsing import tokens_of
from telemetry.community.ports import Aggregates, Queue
from telemetry.community.records import Found, TakenBack


async def withdraw(desk: Desk, request: Request) -> Response:
    """The answer for each token. Raises Refused, Unavailable."""
    tokens = tokens_of(request.body)
    statuses = await desk.aside.run(lambda: take_back(desk.queue, desk.aggregates, tokens))
    for status in statuses:
        desk.metrics.count("agentspec_withdrawals_total", status)
    said = zip(tokens, statuses, strict=True)
    return as_json(200, {"results": [{"token": token, "status": status} for token, status in said]})


def take_back(queue: Queue, aggregates: Aggregates, tokens: Sequence[str]) -> list[TakenBack]:
    """What became of the report of each token. A token twice gets the same answer twice. Raises Unavailable."""
    hashes = [sha256(token.encode()).hexdigest() for token in tokens]
    found = dict(zip(tokens, queue.find(hashes), strict=True))
    raw = [one.id for one in found.values() if one and one.place == "raw"]
    for report_id in raw:
        aggregates.subtract(report_id)
    if raw:
        queue.remove(raw)
    return [_status(found[token]) for token in tokens]


def _status(found: Found | None) -> TakenBack:
    if found is None:
        return "unknown"
    return "aggregated_only" if found.place == "expired" else "withdrawn"
