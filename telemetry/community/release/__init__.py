"""The one way figures leave the server: weekly, bounded, noised, with few cells hidden, signed, and never made twice.

May read the sums (`Aggregates.cells`) and nothing else of the server; never sees a report. Nothing but the noised sums
of a week goes from one module to the next, so no exact number can reach a file by mistake (development mode aside,
whose files say so). docs/decisions/0012-releases.md.
"""
