"""The normalized store: tables, migrations, repositories, one bulk-write adapter per engine.

tables         every table
migrations     from one release's tables to the next one's
engine         the store opened: transactions, one writer at a time
bulk           many rows at once, as each engine does it best
rows           rows of entities, read and written by batch
labels         what entities are called
queue          what is dirty, for whom
records        what the systems said
aliases        ids that a platform merged into others
identities     links, and the keys they stand on
identity       what people are asked and said about who is who
history        what was so before
write          plans, changes, receipts, conflicts, what is parked
runs           runs and their steps
completeness   what proves that the store holds what the systems hold
systems        what we know of the systems behind our connections
erasure        forgetting a person
"""
