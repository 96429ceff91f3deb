"""The gate: whether anything of a store may be shared, and if not, the one reason why. Pure.

Rules in the order in which a person would want to hear of them. Each looks at one thing and can only say no; yes is
what is left when none did. Facts are gathered in facts.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

from telemetry.consent.receipt import Receipt
from telemetry.consent.terms import Terms

CLOCK_TOLERANCE_MS = 10 * 60_000


class Facts(NamedTuple):
    """What the gate looks at.

    `switch`, `recording`: config.yaml. `fault`, `state_fault`: what is wrong with the store itself and with the state
    folder, as codes of REASONS. `tracked`: whether git tracks any of the store, None where git would not say.
    `environment`: the reason of a variable that forbids sharing. `project_variables`: whether the project's own
    settings touch variables that sharing depends on. `switched_off`: whether anything was recorded while the switch
    was off, after the yes. `receipt_at`, `now`: milliseconds since 1970.
    """

    switch: Literal["on", "off", "broken"]
    recording: bool
    fault: str | None
    tracked: bool | None
    environment: str | None
    project_variables: bool
    state_fault: str | None
    receipt: Receipt | None
    switched_off: bool
    receipt_at: int
    store: str
    store_key: str
    terms: Terms | None
    endpoint: str | None
    now: int


class Reason(NamedTuple):
    """Why not: a code for programs, a sentence for people, and what to do; `asks`: only a new yes would change it."""

    code: str
    text: str
    advice: str = ""
    asks: bool = False


_ENABLE = "agentspec telemetry --enable"
_REASONS = (
    Reason("no_store", "there is no store here yet", "It is made when AgentSpec's first phase is run."),
    Reason("config_broken", "config.yaml cannot be understood", "agentspec doctor says what is wrong with it."),
    Reason("sharing_off", "sharing is off", f"{_ENABLE} shows what would be shared, and asks."),
    Reason("recording_off", "recording is off", "Write `recording: on` in config.yaml."),
    Reason("do_not_track", "DO_NOT_TRACK is set"),
    Reason("disable_telemetry", "DISABLE_TELEMETRY is set"),
    Reason("nonessential_traffic", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC is set"),
    Reason("ci", "this is a CI machine (CI is set)"),
    Reason(
        "project_environment",
        "this project's Claude Code settings change variables that sharing depends on",
        "Take them out of `env` in .claude/settings.json and settings.local.json; your own settings may have them.",
    ),
    Reason("symlink", "the store, or its config.yaml, is a symbolic link", "Replace it by a plain folder or file."),
    Reason("foreign", "the store, or its config.yaml, belongs to another user", "Give it back to yourself (chown)."),
    Reason("open_to_others", "others may write to the store, or to its config.yaml", "chmod -R go= .claude/telemetry"),
    Reason("unreadable", "the store cannot be read", "agentspec doctor says what is in the way."),
    Reason("bad_key", "the store's key is missing or damaged", "A new one is made with the next event; then enable."),
    Reason(
        "tracked",
        "git tracks files of the store: they may have come with a clone",
        "git rm -r --cached .claude/telemetry",
    ),
    Reason("git_unknown", "git would not say whether it tracks the store", "agentspec doctor says more."),
    Reason("no_home", "your user has no home folder in the password database", "There is no safe place for a yes."),
    Reason(
        "state_untrusted",
        "your state folder is a link, or others have access to it",
        "chmod -R go= ~/.local/state/agentspec-telemetry, if you know who had access.",
    ),
    Reason("terms_damaged", "this installation's own schema or NEVER_CAPTURE.yaml cannot be read", "Install it again."),
    Reason("no_receipt", "nobody has said yes for this project on this machine", _ENABLE, asks=True),
    Reason("receipt_altered", "the receipt of your yes was altered", _ENABLE, asks=True),
    Reason("other_store", "your yes was for another store (copied, moved, or with a new key)", _ENABLE, asks=True),
    Reason("said_no", "you said no", _ENABLE, asks=True),
    Reason("clock", "the clock is before the moment you said yes", "Set the clock; sharing goes on by itself."),
    Reason(
        "terms_changed", "what would be shared has changed since you said yes; it is not shared", _ENABLE, asks=True
    ),
    Reason("endpoint_changed", "the address has changed since you said yes", _ENABLE, asks=True),
    Reason(
        "no_endpoint", "no server is set, reports wait here", "Write `endpoint: https://…` in config.yaml, then enable."
    ),
)
REASONS = {reason.code: reason for reason in _REASONS}

Rule = Callable[[Facts], "str | None"]


def store_is_there(facts: Facts) -> str | None:
    """Without a store there is nothing to share."""
    return "no_store" if facts.fault == "no_store" else None


def switch_is_on(facts: Facts) -> str | None:
    """The switch in config.yaml; whatever is not clearly on is off."""
    return {"on": None, "off": "sharing_off", "broken": "config_broken"}[facts.switch]


def switch_is_readable(facts: Facts) -> str | None:
    """A switch that cannot be read cannot be turned."""
    return "config_broken" if facts.switch == "broken" else None


def recording_is_on(facts: Facts) -> str | None:
    """Who records nothing shares nothing."""
    return None if facts.recording else "recording_off"


def environment_allows(facts: Facts) -> str | None:
    """Variables can only turn sharing off."""
    return facts.environment


def project_keeps_out(facts: Facts) -> str | None:
    """A project's settings may not change variables that sharing depends on."""
    return "project_environment" if facts.project_variables else None


def store_is_ones_own(facts: Facts) -> str | None:
    """The store is the person's, plain, and closed to others."""
    return facts.fault


def store_could_be_ones_own(facts: Facts) -> str | None:
    """As store_is_ones_own, but for a store that is yet to be made."""
    return None if facts.fault == "no_store" else facts.fault


def git_does_not_track(facts: Facts) -> str | None:
    """What git tracks may have come from anybody."""
    return {False: None, True: "tracked", None: "git_unknown"}[facts.tracked]


def state_is_ones_own(facts: Facts) -> str | None:
    """The state folder is the person's alone, and the receipt in it is as it was written."""
    return facts.state_fault


def state_could_be_ones_own(facts: Facts) -> str | None:
    """As state_is_ones_own, but for what a new receipt, or a new key, mends."""
    return None if facts.state_fault in ("receipt_altered", "bad_key") else facts.state_fault


def terms_are_there(facts: Facts) -> str | None:
    """A damaged installation cannot know what was consented to."""
    return None if facts.terms else "terms_damaged"


def person_said_yes(facts: Facts) -> str | None:
    """There is a receipt, and it says yes."""
    if facts.receipt is None:
        return "no_receipt"
    return None if facts.receipt.choice == "yes" and not facts.switched_off else "said_no"


def receipt_is_of_this_store(facts: Facts) -> str | None:
    """The yes was for this place and this key."""
    receipt = facts.receipt
    is_ours = receipt and (receipt.store, receipt.store_key) == (facts.store, facts.store_key)
    return None if is_ours else "other_store"


def clock_is_after_the_yes(facts: Facts) -> str | None:
    """Before the yes there was none."""
    return "clock" if facts.now + CLOCK_TOLERANCE_MS < facts.receipt_at else None


def terms_are_unchanged(facts: Facts) -> str | None:
    """The yes was to these words, this schema, this NEVER_CAPTURE.yaml."""
    return None if facts.receipt and facts.receipt.terms == facts.terms else "terms_changed"


def endpoint_is_unchanged(facts: Facts) -> str | None:
    """The yes was to this address."""
    return None if facts.receipt and facts.receipt.endpoint == facts.endpoint else "endpoint_changed"


def endpoint_is_known(facts: Facts) -> str | None:
    """Without an address reports are made, and wait."""
    return None if facts.endpoint else "no_endpoint"


TO_SEAL: tuple[Rule, ...] = (
    store_is_there,
    switch_is_on,
    recording_is_on,
    environment_allows,
    project_keeps_out,
    store_is_ones_own,
    git_does_not_track,
    state_is_ones_own,
    terms_are_there,
    person_said_yes,
    receipt_is_of_this_store,
    clock_is_after_the_yes,
    terms_are_unchanged,
    endpoint_is_unchanged,
)
TO_SEND: tuple[Rule, ...] = (*TO_SEAL, endpoint_is_known)
# What must hold for a question to make sense: all that a yes cannot change.
TO_ASK: tuple[Rule, ...] = (
    switch_is_readable,
    recording_is_on,
    environment_allows,
    project_keeps_out,
    store_could_be_ones_own,
    git_does_not_track,
    state_could_be_ones_own,
    terms_are_there,
)


def reason_against(facts: Facts, rules: tuple[Rule, ...] = TO_SEND) -> Reason | None:
    """The first reason not to share; None where all rules agree."""
    return next((REASONS[code] for rule in rules if (code := rule(facts))), None)


def going_on(facts: Facts) -> Receipt | None:
    """A yes that named no server, and that nothing but the want of one speaks against: it may go on to one."""
    receipt = facts.receipt
    if receipt is None or receipt.endpoint is not None:
        return None
    return receipt if reason_against(facts._replace(endpoint=None), TO_SEAL) is None else None
