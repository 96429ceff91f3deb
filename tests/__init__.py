"""Tests mirror telemetry/; every name is a sentence on behaviour."""
