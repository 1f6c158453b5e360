"""What only a person can decide, with the same functions for the command line and the console.

conflicts   fields on which records moved apart
"""
