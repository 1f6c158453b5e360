"""Platform record to normalized entity and back, purely; library/ holds ready mappings."""
