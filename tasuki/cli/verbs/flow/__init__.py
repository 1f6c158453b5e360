"""The flow, step by step: one module for each verb and what it needs."""
