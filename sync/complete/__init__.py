"""What makes a pull complete: everything the stream of changes alone would not tell.

flow       the whole pull of a run, chain by chain
due        what each stream waits for, by the store
hints      records a webhook spoke of
backfill   reading again: everything, or from a date
ids        all ids on both sides, and what one side alone knows
links      associations, where moving one moves no date
certify    both sides counted; windows that differ are read again
"""
