"""The one entry of all hooks. Small on purpose: Python compiles this file at every start."""

import sys

sys.path.insert(0, sys.argv[1])
from telemetry.hook import main

main()
