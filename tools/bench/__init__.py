"""Measure Tasuki beside its goals, on a sandbox in a process of its own; nothing is asserted.

world      what the sandbox holds: contacts of forty fields, companies, deals
place      a running sandbox, a project signed in to it, one pull measured
floor      the same reading, written by hand: HTTP, JSON, SQLite and nothing else
table      a row (ours, floor, goal) and how it is printed
reading    a first pull: CPU, calls, bytes; many records of one stamp; memory
changes    runs with nothing or little to do, our own echo, the way to a first write
writing    calls and CPU of writing, looks counted apart
identity   who is who, from scratch and after a small change; needs no sandbox
limits     under enforced rate limits, and with slow answers
child      what is measured in a process of its own
"""
