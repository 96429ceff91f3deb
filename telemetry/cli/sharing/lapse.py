"""One line under a person's figures where sharing was on and is not any more: said once, never again."""

from __future__ import annotations

from telemetry.cli.sharing.setting import Setting
from telemetry.consent.gate import TO_SEAL, Facts, Reason
from telemetry.consent.receipt import name_of_told
from telemetry.consent.state import StateRefused, open_state

_BY_HAND = frozenset(("no_receipt", "said_no"))  # nothing lapsed: somebody wrote `sharing: on`, and the dialog asks


def lapse_to_tell(setting: Setting) -> str | None:
    """What to say; None where nothing lapsed, or it was said. A new reason is said anew, and one after a new yes."""
    facts, reason = setting.gatherer.asked(setting.now(), TO_SEAL)
    if reason is None or not reason.asks or reason.code in _BY_HAND or _was_told(facts, reason):
        return None
    return f"Sharing has lapsed: {reason.text}. agentspec telemetry --status says more."


def _was_told(facts: Facts, reason: Reason) -> bool:
    """Whether it was said before; from now on it was. What cannot be noted counts as said: better that than nagging."""
    name = name_of_told(facts.store)
    yes = facts.receipt
    said = f"{yes.at} {yes.endpoint}" if yes else "-"  # a yes that goes on to a server keeps its date
    saying = f"{reason.code} {said}\n".encode()
    try:
        state = open_state()
        if state is None:
            return True
        with state:
            if state.read(name) == saying:
                return True
            state.write(name, saying)
    except (OSError, StateRefused):
        return True
    return False
