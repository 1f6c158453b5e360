"""What is asked of each stream, and what of it is complete in the store.

stream     one object of one connection with every mapping side that reads it
covered    which fields and which records were read as a whole; the walk under way
unproven   stamps that were read and not yet counted on both sides
scope      which staged records a mapping side takes
rejects    cells that could not be read: parked until they can
revision   an edited mapping's records looked at again, in bounded steps
"""
