"""What the service did in a month, for service managers and auditors."""
