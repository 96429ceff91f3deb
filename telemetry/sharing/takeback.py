"""Taking reports back: tokens of what was sent, kept in the person's state folder until the server has answered."""

from __future__ import annotations


def pending_withdrawals() -> list[str]:
    """Tokens of reports that are still to be taken back."""
    return []
