"""Tests of the only way out, with a strict receiver at its other end."""
