"""The command `agentspec`: verbs, their answers, and the boundary for errors."""
