"""Writing: a batch into calls and receipts, a write into Salesforce's JSON."""
