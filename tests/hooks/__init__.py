"""The commands of hooks.json as the real processes they are."""
