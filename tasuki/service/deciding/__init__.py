"""What only a person can decide, with the same functions for the command line and the console.

conflicts   fields on which records moved apart
names       what values point at
reviews     records of which no rule is sure whether they are one; a record split off
"""
