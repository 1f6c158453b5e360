"""From linked records to one row per entity, field by field.

three_way   what one field becomes when its records moved (pure)
entities    the step that merges what is dirty, and what it wishes to write back
wishes      the intents a merge leaves behind
"""
