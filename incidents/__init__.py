"""What happened: intake, gate, lifecycle, timeline, patient-data guard, outbox, Freshdesk, status."""
