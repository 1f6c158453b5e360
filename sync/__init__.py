"""The flow: pull, identify, merge, plan, apply, undo.

context    what a step is, and what it may use
walk       what waits, a step at a time
lease      who may work on the store
budget     how many calls each connection may make
pull       what changed in the systems, into the store
reading    what is asked of each stream, and what of it is complete in the store
complete   what the stream of changes alone would not tell: counts, ids, links, backfills
identity   who is who
copy       records that are entities by themselves
merge      one row per entity, and what it wishes to write back
wishes     what mappings want of a side beyond cells: records made and deleted
write      planned, approved, applied, settled, undone
renames    what becomes of mappings and fields that were renamed or removed
erasure    a person erased stays erased
"""
