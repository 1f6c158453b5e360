"""Forgetting a person.

people       everybody, to find those a restored store has back
tombstones   marks by which an erased person is known again, and nothing else is
purge        rows that are about the person, taken away
scrub        the person's values, wherever else they stand
"""
