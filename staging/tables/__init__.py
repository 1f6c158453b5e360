"""Every table of the store.

columns     the column kinds, equal on both engines
staged      what the systems said, and how far we have read
identity    who is who
entities    one table per entity and per entity's metrics, made from the catalog
money       amounts that add up, on both engines; which sales are whose
decisions   scores, signals, handoffs, scenario runs
writes      intents, plans, changes, receipts, parked
operating   runs, leases, certificates, audit, console accounts
"""
