"""Patient data found later: hidden everywhere at once, and taken out for good by a second person.

`services` are the two acts. `scope` says which rows belong to an incident, `scrubbing` replaces words in
them, in the timeline and in the audit trail, whose chain survives it. `escrow` keeps the words until the
second person has decided.
"""
