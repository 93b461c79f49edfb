"""Small programs for the supervisor's tests."""
