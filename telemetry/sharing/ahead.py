"""Working one step ahead: while a request is under way, the last guard already looks at the next batch."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def one_ahead(work: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
    """The results of the work, in order; the next one is begun when the one before is handed out."""
    with ThreadPoolExecutor(max_workers=1) as hand:
        begun: deque[Future[R]] = deque()
        for item in items:
            begun.append(hand.submit(work, item))
            if len(begun) > 1:
                yield begun.popleft().result()
        while begun:
            yield begun.popleft().result()
