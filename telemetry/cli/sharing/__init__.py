"""What `agentspec telemetry` can do: one module per choice. Talks to people; decides nothing, sends nothing itself."""
