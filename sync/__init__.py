"""The flow: pull, identify, merge, plan, apply, undo.

context   what a step is, and what it may use
pull      what changed in the systems, into the store
certify   the counts of a system and of the store, compared and dated
sweep     all ids of an object compared, where counts differ
identity  who is who
merge     one row per entity, and what it wishes to write back
renames   what becomes of mappings and fields that were renamed or removed
copy      records that are entities by themselves
write     planned, approved, applied, settled, undone
walk      what waits, a step at a time
lease     who may work on the store
"""
