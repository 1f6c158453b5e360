"""Why things are as they are, what is disputed and what was: on a terminal.

explain   cells, records, metrics and rules
conflict  disputed fields, and past moments
"""
