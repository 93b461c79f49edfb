"""How long what is kept, what keeps it longer, and what becomes of it then. `docs/retention.md` tells people.

`kinds` is the table; `incident_words` and `rows` take away what is over; nothing goes before its time, and
nothing that a legal hold names.
"""
