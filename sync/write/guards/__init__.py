"""What stops a part of a plan before its first write; the other parts go on.

judge      every guard on one plan: its changes, with those held that are beyond a limit
group      the changes that are held together: one connection, one object, one kind of rule
sentence   what a guard says: what was found, which limit, where it is set, what to do
limits     how many records are created, overwritten, deleted
doubles    creates that may be somebody who is there already
tasks      how many tasks one person, or one account, is given in a day
moment     what holds at the moment of writing: quiet hours, production, a rule's first time
"""
