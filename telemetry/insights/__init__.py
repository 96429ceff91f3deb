"""Figures, discoveries and recommendations from feature records (pure), and how they are shown."""
