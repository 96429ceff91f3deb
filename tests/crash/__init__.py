"""Kill -9 at every boundary and at random instants, before a server that does what servers and networks do."""
