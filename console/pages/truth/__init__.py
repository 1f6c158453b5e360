"""One truth: who is who and what is so, where only a person can say.

decisions   what waits for a person's word, and what was said
entities    one entity: each value with its source, its rule and what lost
"""
