"""Programs that tests of SOPs start in processes of their own."""
