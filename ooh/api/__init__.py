"""The root of the API: versions, schema, documentation."""
