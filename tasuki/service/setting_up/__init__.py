"""The fields that a project writes and its systems do not have: worked out, shown, made.

named   which fields mappings, scores and tasks write, and which of them are keys
needed  what of these is missing, mistaken or not unique, beside what a system described
making  made through the system's API, or written as a package for its administrator
"""
