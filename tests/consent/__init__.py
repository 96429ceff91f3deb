"""Tests of telemetry/consent: who may say yes."""
