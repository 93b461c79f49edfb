"""Proof that rows which only grow are as they were written: the audit trail and the timeline.

Three things stand behind each other. The database refuses UPDATE, DELETE and TRUNCATE (`guarding`). Each row
bears a seal, a keyed hash of its content, written by the application with the row (`sealing`): a row that
was changed or made beneath it is known by that. And a task links the seals in one chain (`linking`), so that
a row that is gone, moved or copied is known too. `verifying` reads it all again. Nobody who writes a row
waits for the chain.
"""
