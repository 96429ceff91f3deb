"""What `agentspec-community` can do: one module per verb, each with HELP, EXAMPLES, add_arguments and run."""
