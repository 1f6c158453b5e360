"""Writing: what it costs in calls and in CPU, beside the same writes by hand.

calls   calls per changed record, looks counted apart; nothing to do; undo; under a burst limit
cost    CPU of writing, step by step, beside the floor
desk    wishes put down, planned, approved and carried out, each part measured
floor   the same writes by hand: HTTP, JSON, a receipt per record in SQLite and nothing else
"""
