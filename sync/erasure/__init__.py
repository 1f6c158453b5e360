"""A person erased stays erased.

keyring   the key of tombstones, and the log that outlives the store
subject   who is meant: their records, and the values by which they are known
marks     what an erased person is known again by
erase     forget them, and set up the marks by which they are known again
told      somebody whom a system erased
block     what a system says of erased people is not kept
"""
