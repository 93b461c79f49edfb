"""Signing in: password and second factor or the organisation's provider, delays, sessions and their lock."""
