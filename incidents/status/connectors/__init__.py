"""Hosted status pages: what we published is told there too. One interface, one module for each place."""
