"""Measure names and matching.

things    companies and people whose truth is known: invented ones, a register, labelled duplicates
corrupt   what systems and people do to a name, by a seed
score     through the real mappings and the real clustering: precision and recall
__main__  the tables of docs/matching.md
"""
