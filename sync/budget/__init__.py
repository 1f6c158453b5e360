"""How many calls each connection may make, and whether it may make any.

allowance   pure: a day's shares, what each lane may still spend, the forecast to midnight
ledger      the budget that connectors spend from, kept in the store for all processes
gate        pause and resume; the circuit breaker's arithmetic
"""
