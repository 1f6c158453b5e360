"""Carrying a plan out: re-read, receipts opened, sent, settled, looked at again.

flow      one plan from its first batch to its counts
settle    what became of writes whose answer never came
"""
