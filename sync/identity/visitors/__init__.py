"""Whose browser it was, and when; the rules and their reasons: docs/cookies.md.

spans      whose a browser was from when on, by what its events tell (pure)
evidence   what the store knows about the browsers that changed, and about those beside them
attribute  every event given to one person or to nobody
changed    which browsers must be looked at again
robots     who says to be a robot
sessions   visits, as far apart as somebody leaves and comes back (pure)
"""
