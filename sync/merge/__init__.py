"""From linked records to one row per entity, field by field.

three_way   what one field becomes when its records moved (pure)
voices      what each linked record says, and what of it is worth hearing
stage       in whose hands an entity is, for fields that follow the handoff
entities    the step that merges what is dirty, and what it wishes to write back
disputes    conflicts: opened, decided by people, answered by the records themselves
provenance  where a value came from and what lost, in bounded room
protection  what people changed in a system and is left alone there for a while
wishes      the intents a merge leaves behind
ties        the links a merge leaves behind
"""
