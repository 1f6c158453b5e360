"""Every page and action, one module per group.

overview   is it healthy, is anyone waiting
runs       what Tasuki did; the plans it made
plans      one plan: approve, write, watch
handoffs   the board and the ledger
scenarios  audience → approval → push → result
sign_in    sign in and out, first password, language and theme
truth/     conflicts and reviews; one entity
people     accounts and audit log
"""
