"""From wishes to a plan that can be read.

draft     the difference between what is wanted and what is known, saved as changes
"""
