"""Conditions and values a manager can review: parse, check, then lower, evaluate, trace or say.

parse -> check -> lower (one set-based query), evaluate (one row), trace (why), sentence (in words).
"""
