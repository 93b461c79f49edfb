"""The fixed catalogue of what a step may call, and the adapters that do it."""
