"""Writes as they stand in the store: plans, changes, receipts, what is parked or in conflict."""
