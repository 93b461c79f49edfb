"""Programs that tests of Freshdesk start in processes of their own."""
