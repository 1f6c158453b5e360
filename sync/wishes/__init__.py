"""What mappings want of a side beyond cells: records to be made, records to be deleted, links.

step      looks at the entities that moved and keeps the wishes
watch     whose move can make a record due
scene     all that is read to decide about many entities at once
creates   records that a side lacks and may have
deletes   records that go because a person deleted another one
ends      the record at the other end of a link, on one connection
made      a record we made belongs to its entity at once
"""
