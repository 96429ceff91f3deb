"""From payloads to facts."""
