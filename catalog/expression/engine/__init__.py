"""What each database is told for each operation, so that both answer the same."""
