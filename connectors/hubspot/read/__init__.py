"""Reading: records and what moved, their links, deletions, events, owners and lists."""
