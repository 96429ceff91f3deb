"""Tests of the server: what is counted and how, what keeps it, what is released."""
