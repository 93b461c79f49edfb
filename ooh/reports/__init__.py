"""The month's report: what the service did, for those who account for it."""
