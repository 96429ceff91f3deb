"""The documents are held to what is."""
