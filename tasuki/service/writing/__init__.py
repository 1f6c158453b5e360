"""Plans and what became of them, as people look at them and act on them.

planning   plans by risk: look at one, approve it, apply it
views      what is seen of a plan and of its apply
folding    same-shape changes on one line, riskiest first
undoing    taking back what was written: what a word means, and what is left
selecting  which part of what is wanted a plan shall hold
parked     what waits: by cause, tried again, or given up
cells      cell by cell, a page at a time; what became of each; one write with its answer
rivals     fields that somebody sets back: who, in which cycle, and letting go
"""
