"""Tests of the choices of `agentspec telemetry`."""
