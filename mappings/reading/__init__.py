"""From what a mapping file says to the frozen spec, collecting everything that is wrong.

document   what may stand in a file, as strict models
problems   what is wrong, each with its place
sides      where records live, which belong, which may be made, what of deletes
scope      a scope parsed and typed
pushdown   what a system can be asked for, by the scope
fields     each entity field with its look on every side
rules      whether policy, protection and currency can do what they say
steps      pipelines and policies: words that stand for behaviour
links      links and identity keys
"""
