"""What proves that the store holds what the systems hold.

certificates   counts of a system and of the store, side by side and dated
counts         how many records are staged
sweeps         when ids, deletes and links were last compared as a whole; ids that are doubted
"""
