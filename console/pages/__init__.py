"""Every page and action, one module per group.

overview   is it healthy, is anyone waiting
runs       what Tasuki did, and how to try it again or take it back; the plans it made
handoffs   the board and the ledger
scenarios  audience → approval → push → result
sign_in    sign in and out, first password, language and theme
paging     which page of a list is asked for
writing/   plans, cells and their answers, what is parked, rivals
truth/     conflicts and reviews; one entity
people     accounts and audit log
"""
