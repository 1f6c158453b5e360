"""Writing back: wished, planned, approved, applied, settled, undone.

intent    what we want to be true, kept until it is
cell      what one change is about: a field's value, or a link
risk      how much a change can hurt
plan      the difference between what is wanted and what is known, as changes with their risks
batches   in which order writes go out, how many a call, and how many calls that makes
guards    what stops a plan, or a part of it, before its first write
apply     carry out exactly that plan: re-read, open receipts, send, settle, look again
rivals    those who set back what we write: found, named, and left alone
parked    what was refused waits, is tried again, is given up in the end
echo      what was written, taken into what we know
undo      a plan that restores what is still ours
"""
