"""Claude Code finds a sound plugin, and its slash command answers without the model."""
