"""The webhooks journal: the log of changes in order, pulled and read again at will."""
