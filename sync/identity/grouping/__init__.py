"""From what changed to groups of records.

neighbourhood  everything that a change of some records can touch, read from the store
alike          what people should look at: pairs that are alike in some fields
ids            which entity id each group keeps or gets, and the order of the entities
whole          all records of an entity at once, when much of it changed
"""
