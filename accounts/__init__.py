"""Who: organisations, customers and what they run, people, roles, permissions, sign-in."""
