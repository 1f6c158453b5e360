"""The functions of the language: how they are called, and what they mean."""
