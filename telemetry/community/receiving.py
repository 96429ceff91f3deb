"""`POST /v1/reports`: a batch in, a line of the answer for each of its reports, once they are durable."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from telemetry.community.desk import Desk
from telemetry.community.exchange import Request, Response, as_json
from telemetry.community.parsing import Rejected, lines_of, parsed, unpacked
from telemetry.community.problems import Refused, Spot, retry_after
from telemetry.community.records import Accepted, Answered

KEY = "SHA-256 of the lines before gzip, in small hexadecimal digits. May be left out."

Judged = Accepted | Rejected


async def receive(desk: Desk, request: Request) -> Response:
    """The answer to a batch. Raises Refused, Full, Unavailable."""
    data = unpacked(request.body, request.header(b"content-encoding").lower())
    _check_key(request, data)
    lines = lines_of(data)
    _limit(desk, request, len(lines))
    judged = [parsed(line) for line in lines]
    accepted = [one for one in judged if isinstance(one, Accepted)]
    answers = await desk.intake.put(accepted) if accepted else []
    _count(desk, judged, answers)
    return as_json(202, {"results": results_of(judged, answers)})


def results_of(judged: Sequence[Judged], answers: Sequence[Answered]) -> list[dict[str, object]]:
    """One line for each report, in order."""
    taken = iter(answers)
    return [_refusal(one) if isinstance(one, Rejected) else _receipt(one, next(taken)) for one in judged]


def _receipt(report: Accepted, answer: Answered) -> dict[str, object]:
    """The receipt is made of the id alone: both ends can tell it, and it holds nothing else."""
    return {"id": report.id, "status": answer, "receipt": sha256(report.id.encode()).hexdigest()[:16]}


def _refusal(one: Rejected) -> dict[str, object]:
    said = {"pointer": one.pointer, "description": one.description} if one.pointer is not None else {}
    return {"id": one.id, "status": "rejected", "reason": one.reason, **said}


def _check_key(request: Request, data: bytes) -> None:
    """A body that was changed on its way is refused before anything of it counts."""
    key = request.header(b"idempotency-key")
    if key and key != sha256(data).hexdigest():
        raise Refused("bad_key", spots=(Spot("header", "Idempotency-Key", KEY),))


def _limit(desk: Desk, request: Request, reports: int) -> None:
    """One request holds many reports, and each weighs the same in the sums: so they are limited, too."""
    wait = desk.reports_limiter.wait_for(request.who, desk.ticks(), reports)
    if wait:
        raise Refused("too_many_reports", retry_after(wait))


def _count(desk: Desk, judged: Sequence[Judged], answers: Sequence[Answered]) -> None:
    for answer in answers:
        desk.metrics.count("agentspec_reports_total", answer)
    for one in judged:
        if isinstance(one, Rejected):
            desk.metrics.count("agentspec_reports_total", "rejected")
            desk.metrics.count("agentspec_rejected_total", one.reason)
