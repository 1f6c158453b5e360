"""What the two CRMs say about the cast: accounts, people, opportunities, activities, campaigns."""
