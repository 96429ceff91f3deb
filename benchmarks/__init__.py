"""Measurements, side by side in one run: `make bench` writes docs/benchmarks.md from them. Never part of the tests."""
