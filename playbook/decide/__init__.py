"""Who acts next: what the rules make of what is known.

scores      fit and fading engagement, graded
needs       demand per account and product, on the confidence ladder
signals     what deserves attention while it is true
handoffs    the offers from team to team and their ledger
ledger      accept, return, recycle; by people or by what they did in the CRM
assignment  who of a team gets it
tasks       the tasks that owners read: given once, kept true, closed when they are over
step        walks them all for what is dirty
"""
