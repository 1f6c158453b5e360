"""Carrying a plan out: re-read, receipts opened, sent, settled, looked back at.

flow      one plan from its first batch to its counts
recheck   the last look: which cells still hold what the plan saw
send      one batch on its way, its answers taken down
settle    what became of writes whose answer never came
lookback  edits that fell between our look and our write, found afterwards
"""
