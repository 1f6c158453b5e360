"""What was so before: kept where it serves a promise.

agreed  what records and their entities last agreed on
echoes  what we wrote, until it is seen again
edits   what people changed in the systems, as pulls saw it
past    what merged entities held before
"""
