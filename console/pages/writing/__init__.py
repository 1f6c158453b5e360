"""Writes one can trust: what is planned, what became of it, what waits, and who is against it.

plans    one plan: who must say yes, what it takes and sets off, what became of it
cells    a plan cell by cell, a page at a time; one write with request and answer
parked   what was refused or could not be read: by cause, tried again, given up
rivals   who sets our values back, in which cycle, and letting go
"""
