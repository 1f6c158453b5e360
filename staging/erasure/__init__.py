"""Forgetting a person.

people       who is known by what, and which records of others are about somebody
tombstones   marks by which an erased person is known again, and nothing else is
purge        rows that are about the person, taken away
scrub        the person's values, wherever else they stand
unsent       what was planned for them, or with their values, and not sent yet
compact      the store's file without what was deleted
"""
