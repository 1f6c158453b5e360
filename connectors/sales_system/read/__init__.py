"""Reading: rows of a query, rows of dropped files, and what a cell may hold."""
