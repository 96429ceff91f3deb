"""What client and server both stand on: a number that the one keeps and the other reckons with."""

from __future__ import annotations

REPORTS_A_WEEK = 10  # of one honest client: it lets no more leave, and the server's noise is made for so many
