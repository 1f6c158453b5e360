"""What only a person can decide, with the same functions for the command line and the console.

conflicts   fields on which records moved apart
reviews     records of which no rule is sure whether they are one; a record split off
probable    reviews asked for many at once: duplicates that no key shows
names       what values point at
"""
