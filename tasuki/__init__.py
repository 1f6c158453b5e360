"""The front door and the ground.

Front door: cli (verbs), wiring (names concrete things together), service (one function per verb
and page). Ground, importable by every room: errors, values, clock.
"""
