"""The journal on disks and among processes that do their worst."""
