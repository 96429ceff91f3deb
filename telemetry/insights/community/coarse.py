"""The words of a feature as its report would have them. Pure; seals nothing and sends nothing.

Community figures are made of reports, in which uncommon words are blurred and long lists cut short. A person's own
figures beside them must be made of the same words, or a difference could be one of counting. The steps are those of
telemetry/sharing/anonymise.py, which a sibling room may not import; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from telemetry.contract.report_check import COMMON_AGENTS, COMMON_DOMAINS, COMMON_FILE_TYPES

if TYPE_CHECKING:
    from telemetry.contract.records import FeatureRecord

    Choice = tuple[str, str]  # an agent of the design, and a type of file it was chosen for

T = TypeVar("T")

MOST_UNCOMMON = 3
MOST_ROWS = 12
MOST_DOMAINS = 8


class Words(NamedTuple):
    """Agents that the design chose, each with a type of file; agents that built; domains that were consulted."""

    chosen: frozenset[Choice]
    built: frozenset[str]
    domains: frozenset[str]


def words_of(record: FeatureRecord) -> Words:
    """The words that would leave in the report on this feature."""
    named = {row.agent_type for row in record.matching} | {row.agent_type for row in record.effectiveness}
    blurred = _blurred(named, COMMON_AGENTS)
    chosen = {_coarse_choice(blurred[row.agent_type], row.file_type) for row in record.matching}
    return Words(
        chosen=_kept(chosen, MOST_ROWS, lambda choice: (_uncommon_words(*choice), *choice)),
        built=_kept({blurred[row.agent_type] for row in record.effectiveness}, MOST_ROWS, _by_agent),
        domains=_kept(set(_blurred(record.kb.domains_consulted, COMMON_DOMAINS).values()), MOST_DOMAINS, _by_domain),
    )


def _blurred(words: Iterable[str], common: frozenset[str]) -> dict[str, str]:
    """What each word becomes: with more than MOST_UNCOMMON uncommon ones among them, all of these `custom`."""
    seen = set(words)
    uncommon = seen - common
    return {word: "custom" if word in uncommon and len(uncommon) > MOST_UNCOMMON else word for word in seen}


def _coarse_choice(agent: str, file_type: str) -> Choice:
    return agent, "other" if _uncommon_words(agent, file_type) == 2 else file_type


def _uncommon_words(agent: str, file_type: str) -> int:
    return (agent not in COMMON_AGENTS) + (file_type not in COMMON_FILE_TYPES)


def _by_agent(agent: str) -> tuple[bool, str]:
    return agent not in COMMON_AGENTS, agent


def _by_domain(domain: str) -> tuple[bool, str]:
    return domain not in COMMON_DOMAINS, domain


def _kept(words: Iterable[T], most: int, order: Callable[[T], Any]) -> frozenset[T]:
    return frozenset(sorted(words, key=order)[:most])
