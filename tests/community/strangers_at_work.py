"""Strangers who share with a server over real HTTP while it is killed, and what each of them was told."""

from __future__ import annotations

import http.client
import json
import random
from collections.abc import Iterator, Sequence
from itertools import islice
from threading import Event
from typing import Any

from telemetry.community.strangers import Stranger, strangers
from tests.community.memory import JSON, batch

MOST = 10**9  # reports, made only when they are sent
REST = 0.002  # seconds until a door that is closed is tried again
PATIENCE = 60.0


class Sharer:
    """One sender with reports of its own. It sends again what it got no answer to, and now and then what it did."""

    def __init__(self, seed: int, port: int) -> None:
        self._chance, self._port = random.Random(seed), port
        self._fresh: Iterator[Stranger] = strangers(seed, MOST)
        self.sent: dict[str, Stranger] = {}  # by the report's id
        self.owed: dict[str, None] = {}  # sent, and not answered
        self.answered: list[str] = []
        self.accepted: list[str] = []
        self.unwanted: set[str] = set()
        self.wrong: list[str] = []  # answers that no server may give

    def works(self, over: Event) -> None:
        """Share until told to end; a server that is not there is one that will be."""
        connection = self._connection()
        while not over.is_set():
            try:
                self._speak(connection)
            except (OSError, http.client.HTTPException):
                connection.close()
                over.wait(REST)
        connection.close()

    def settles(self) -> None:
        """With a server that lives: get all answers, and take back all that is not wanted."""
        connection = self._connection()
        for ids in _in_parts(list(self.owed)):
            self._share(connection, ids)
        for ids in _in_parts(sorted(self.unwanted)):
            self._take_back(connection, ids)
        connection.close()

    # --- one request each

    def _speak(self, connection: http.client.HTTPConnection) -> None:
        owed = list(self.owed)[:35]
        if self._chance.random() < 0.1:
            self._take_back(connection, [*self._some_of(self.answered), *self._some_of(owed)])
        self._share(connection, [*self._new(self._chance.randrange(1, 6)), *owed, *self._some_of(self.answered)])

    def _new(self, count: int) -> list[str]:
        fresh = {json.loads(one.line)["report"]["session"]["id"]: one for one in islice(self._fresh, count)}
        self.sent.update(fresh)
        self.owed.update(dict.fromkeys(fresh))
        return list(fresh)

    def _some_of(self, ids: Sequence[str]) -> list[str]:
        return self._chance.sample(ids, min(2, len(ids)))

    def _share(self, connection: http.client.HTTPConnection, ids: Sequence[str]) -> None:
        status, found = self._ask(
            connection, "/v1/reports", *batch(b"".join(self.sent[one].line + b"\n" for one in ids))
        )
        if status == 503:  # put off
            return
        if status != 202 or [one["id"] for one in found["results"]] != ids:
            self.wrong.append(f"{status} to a batch: {found}")
            return
        self.answered += [one for one in ids if self.owed.pop(one, 0) is None]
        self.accepted += [one["id"] for one in found["results"] if one["status"] == "accepted"]
        self.wrong += [f"{one}" for one in found["results"] if one["status"] not in ("accepted", "duplicate")]

    def _take_back(self, connection: http.client.HTTPConnection, ids: Sequence[str]) -> None:
        self.unwanted.update(ids)
        body = json.dumps({"tokens": [self.sent[one].token for one in ids]}).encode()
        status, found = self._ask(connection, "/v1/withdrawals", body, {"content-type": JSON})
        if status == 503:
            return
        said = [one["status"] for one in found["results"]] if status == 200 else ["none"] * len(ids)
        if [one for one, its in zip(ids, said, strict=True) if its != "withdrawn" and not self._may_be(one, its)]:
            self.wrong.append(f"{status} to a withdrawal: {found}")

    def _may_be(self, one: str, status: str) -> bool:
        """What is still owed may never have come."""
        return status == "unknown" and one in self.owed

    def _ask(
        self, connection: http.client.HTTPConnection, path: str, body: bytes, headers: dict[str, str]
    ) -> tuple[int, Any]:
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())

    def _connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE)


def _in_parts(ids: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(ids), 50):
        yield ids[start : start + 50]
