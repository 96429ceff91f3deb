"""Any number of rows goes in, and is found, by a few statements of few sizes."""

from __future__ import annotations

import sqlite3

import pytest

from telemetry.community.sqlite.bulk import STATEMENTS, found, insert


@pytest.mark.parametrize("count", [0, 1, 2, 63, 64, 65, 512, 1000])
def test_rows_go_in_as_they_are_in_order(count: int) -> None:
    """None is lost where one statement ends and the next begins."""
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE one (seq INTEGER PRIMARY KEY, name TEXT, body BLOB)")
    rows = [(number, b"%d" % number) for number in range(count)]
    insert(connection, "one (seq, body)", rows)
    assert connection.execute("SELECT seq, body FROM one ORDER BY seq").fetchall() == rows
    asked = [number * 2 for number in range(count)]
    assert sorted(found(connection, "SELECT seq FROM one WHERE seq IN", asked)) == [(n,) for n in asked if n < count]
    connection.close()


def test_statements_are_prepared_once() -> None:
    """As many texts as a connection keeps, whatever sizes come."""
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE one (seq INTEGER PRIMARY KEY)")
    texts = set[str]()
    connection.set_trace_callback(lambda text: texts.add(text.partition(" VALUES")[0] + f" {text.count('(')}"))
    at = 0
    for count in range(300):
        insert(connection, "one", [(number,) for number in range(at, at + count)])
        at += count
    assert len(texts) <= STATEMENTS // 5 + 2  # of one kind; BEGIN and COMMIT are Python's
    connection.close()
