"""The API of handovers, pages and who is on."""
