"""One module per verb of the command `agentspec`, and one boundary for errors."""
