"""The screens in docs/screens/ are what the commands print."""

from __future__ import annotations

from pathlib import Path

from tests.docs.screens import SCREENS, screens


def test_the_screens_in_the_documents_are_what_is_printed(tmp_path: Path) -> None:
    """Made anew by `python -m tests.docs.screens` after a change that was meant."""
    shown = {file.stem: file.read_text(encoding="utf-8") for file in SCREENS.glob("*.txt")}
    assert screens(tmp_path) == shown
