"""Why a cell holds what it holds, why a rule says so, and what was.

views     what the answers are made of
target    what somebody means by a ref, a name or a rule
people    who is behind a system's user id
cells     the story of one value: source, policy, losers, our writes
story     what stands beside it: edits since, values before, conflict, links, keys, rulings
metrics   the story of one measured number
browsers  whose a browser is, and why its events count or not
answer    the questions and their answers
past      an entity as it stood at a past moment
"""
