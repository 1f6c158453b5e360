"""The web console: pages over the same service functions as the command line.

app         every page and action under one address, each page with its JSON twin
serve       the console on a port
page        what a page and an action are
site        every page and action there is
visit       who asks, for what, in which language
follow      runs started here, and what ended them
language    the catalogue of words, and who reads which
access/     roles, passwords, sessions, security headers
pages/      one module per group of pages
render/     templates, numbers, times and words for states
"""
