"""Writing: records by the hundred, their links, lists and who is on them."""
