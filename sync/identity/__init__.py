"""Who is who.

keys       what each record can be recognised by, and what it points at
cluster    which records are the same thing (pure)
resolve    links opened and closed for what changed, entity ids kept stable
visitors   whose browser it was, and when: a folder
probable   duplicates that no key shows, over a whole entity (extra `splink`)
pointers   from a record's pointer to the entity it means
"""
