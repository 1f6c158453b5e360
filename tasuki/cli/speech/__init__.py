"""The same sentences in English and Japanese."""
