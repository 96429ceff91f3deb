"""What verbs of the server have in common: where their settings come from."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from pathlib import Path

from telemetry.community.settings import Settings, settings_of


def add_settings(parser: ArgumentParser) -> None:
    """The option that names a file."""
    parser.add_argument("--settings", metavar="FILE", type=Path, help="a TOML file; the environment overrides it")


def settings_in(args: Namespace) -> Settings:
    """The settings that hold. Raises TelemetryError."""
    return settings_of(os.environ, args.settings)
