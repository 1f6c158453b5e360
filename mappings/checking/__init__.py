"""A mapping tried out before it runs, without a store or a system.

files      everything below, over all files
cautions   what works, and may not be what was meant
examples   the examples that a file carries
together   what single files cannot know
written    rules that want the same cell, or chase one another's values
preview    what records would become, and what would be written
"""
