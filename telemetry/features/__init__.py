"""The fold: from events to one record per feature. Pure; the history module reads and caches."""
