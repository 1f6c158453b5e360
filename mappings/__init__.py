"""Platform record to normalized entity and back, purely; library/ holds ready mappings.

spec         what a mapping says, as frozen data
load         a file to a checked mapping, or everything that is wrong with it
reading      the parts of a file, one by one
project      the mappings of a project folder
scope        whether a record belongs to its side
filter       what a system can be asked for instead of everything
apply        a record as entity values, links and keys; entity values as platform fields
values       one cell's way there and back
links        what a record points at, and by what it says who it is
matching     how alike two values are
transforms   named steps from a platform's spelling to the normalized one
finding      one thing to mend in a file
checking     what is wrong with files before any system is asked, and what records would become
live         what is wrong with them beside what the systems really have
"""
