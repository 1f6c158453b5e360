"""The words of SOQL: tokens, the tree they make, what it says before it meets the schema."""
