"""Writes as they stand in the store: plans and their changes, receipts, what is parked or in conflict."""
