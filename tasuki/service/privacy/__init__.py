"""What a person may ask of us: everything we hold about them, and to be forgotten.

person      who is meant
exporting   everything that is held about one person
erasing     forget them, for good; or let them come again
"""
