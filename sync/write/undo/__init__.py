"""Taking back what was written, by a plan like any other.

backwards the changes that restore what is still ours
"""
