"""The vendor's Freshdesk: one ticket for each incident, one private note for each timeline entry."""
