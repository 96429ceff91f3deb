"""Figures, discoveries and recommendations, and how they are shown."""
