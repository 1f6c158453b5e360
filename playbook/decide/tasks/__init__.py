"""The tasks that owners read: given once, kept true, closed when their reason vanishes.

order     what somebody shall do, about whom, and why
wording   the rule's text with the facts, in the language of whoever gets it
desk      what texts and fields are made from: rows, numbers, scores, records
standing  a task as it stands: wished for, sent, open, worked on, over
giving    a task for everybody who has none; who has an open one keeps that
upkeep    an open task follows the facts, its owner and its reason
"""
