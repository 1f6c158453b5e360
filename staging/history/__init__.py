"""What was so before: kept where it serves a promise.

edits   what people changed in the systems, as pulls saw it
past    what merged entities held before
"""
