"""Signing in: each flow's question, and what Salesforce's answer means."""
