"""The wall in the database: on PostgreSQL it shows a vendor row only to who stands on the vendor's side.

`visible_to` decides what a person sees; this stands behind it, for the query that forgets to ask. SQLite has
nothing of the kind: there `visible_to` stands alone.
"""
