"""Starts the daemon beside a session. Small on purpose: Python compiles this file at every start."""

import sys

sys.path.insert(0, sys.argv[1])
from telemetry.starter import main

main(sys.argv[2])
