"""Where the files lie that the plugin ships beside its Python: hooks/, schemas/, commands/, scripts/ and more.

In a checkout they are at the top level, beside the package; a wheel carries them inside it
(`force-include` in pyproject.toml). Nobody else may guess where they are.
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]
_IN_A_WHEEL = _PACKAGE / "_shipped"


def shipped(*parts: str) -> Path:
    """The path of something shipped, as in `shipped("schemas", "event.yaml")`; `shipped()` is the plugin's root."""
    root = _IN_A_WHEEL if _IN_A_WHEEL.is_dir() else _PACKAGE.parent
    return root.joinpath(*parts)
