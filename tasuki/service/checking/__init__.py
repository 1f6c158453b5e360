"""Is it right, and will it work: validate, discover, doctor.

project   everything wrong with the files, offline or beside live metadata
live      what the systems really have: asked, and kept in the store
completion  the names the systems have, as completion for the editor
systems   do the systems answer, what do they cost, what did they change
owners    our own people across the systems
check     one thing that was looked at
preview   one record as it is read, normalized, merged and written
doctor    will it work here and now: store, connections, leases, freshness, rules that cannot fire
origin    which value of a setting won, and where it came from
"""
