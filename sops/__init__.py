"""What may be done: SOPs, their versions, approval by the vendor, runs, and the catalogue of actions."""
