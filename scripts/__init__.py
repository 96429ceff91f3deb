"""What people, slash commands and make run; a package only so that tests can import it."""
