"""Platform record to normalized entity and back, as pure functions; library/ holds ready mappings."""
