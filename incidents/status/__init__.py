"""Service Status: what the public is told, and the pages that tell it."""
