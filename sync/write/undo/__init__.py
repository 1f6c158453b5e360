"""Taking back what was written, by a plan like any other.

scope      what is to be undone: a run, a plan, a scenario run or one record, found by one word
flow       the plan of an undo, made record by record as the systems hold them now
backwards  what stood in a cell before us, and whether what stands there is still ours
made       what becomes of a record that we made: deleted, closed, or left
left       what an undo leaves alone: both values, who, when and why
store      what the store lets go of when an undo is applied
"""
