"""What happened: intake, coverage, scope, lifecycle, timeline, patient-data guard, outbox, Freshdesk, status."""
