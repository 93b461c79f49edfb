"""Who has it next: rota, shifts, escalation and paging, handovers, calls."""
