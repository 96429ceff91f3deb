"""A settings file's bytes as text, and errors that name the file. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from telemetry.install.json_text import NotJson
from telemetry.install.refusal import InstallRefused


def decoded(name: str, content: bytes) -> str:
    """The text, a byte order mark included. Raises InstallRefused where it is not UTF-8."""
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise InstallRefused(f"{name} was left as it is: it is not UTF-8", "Save it as UTF-8 and run again.") from error


@contextmanager
def named(name: str) -> Iterator[None]:
    """Errors met here say which file they are about, and that it was not changed."""
    try:
        yield
    except NotJson as error:
        raise InstallRefused(
            f"{name} was left as it is: it is not valid JSON ({error})",
            "Mend that line (comments are not allowed in it), or delete the file if it is empty; then run again.",
        ) from error
    except InstallRefused as refused:
        raise InstallRefused(f"{name} was left as it is: {refused.message}", refused.hint) from refused
