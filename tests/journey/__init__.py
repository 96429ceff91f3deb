"""Journeys: whole sessions of the real CLI, scripted on loopback, and what is left of them in the store."""
