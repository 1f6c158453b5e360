"""Why a cell holds what it holds, why a rule says so.

views     what the answers are made of
target    what somebody means by a ref, a name or a rule
cells     the story of one value: source, policy, losers, our writes
answer    the questions and their answers
"""
