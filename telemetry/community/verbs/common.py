"""What verbs of the server have in common: where their settings come from."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from pathlib import Path

from telemetry.community.settings import Settings, settings_of
from telemetry.contract.errors import TelemetryError


def add_settings(parser: ArgumentParser) -> None:
    """The option that names a file."""
    parser.add_argument("--settings", metavar="FILE", type=Path, help="a TOML file; the environment overrides it")


def settings_in(args: Namespace) -> Settings:
    """The settings that hold. Raises TelemetryError."""
    return settings_of(os.environ, args.settings)


def settings_of_a_server(args: Namespace) -> Settings:
    """The settings that hold, where a server has been: who is in the wrong folder is told. Raises TelemetryError."""
    settings = settings_in(args)
    if not settings.database.exists():
        raise TelemetryError(
            f"no server has kept anything in {settings.data}", "AGENTSPEC_COMMUNITY_DATA names its folder."
        )
    return settings
