"""Servers of our own that stand in for those of others, over real sockets."""
