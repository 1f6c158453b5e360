"""Who is who.

keys       what each record can be recognised by, and what it points at
cluster    which records are the same thing (pure)
groups     records that join, and know from which others they must stay apart (pure)
grouping   from what changed to groups of records
resolve    who is who among what changed, entity ids kept stable
afresh     the same for a whole entity, when much of it changed
links      links opened and closed, and whoever hangs on them woken
doubts     what a person is asked, until a person or new data answers
visitors   whose browser it was, and when
probable   duplicates that no key shows, over a whole entity (extra `splink`)
pointers   from a record's pointer to the entity it means
"""
