"""The command line: verbs over the service functions, words and tables over their read models.

front      reads the command line, opens the door, turns what happened into an exit code
flow       carries out a workflow while somebody watches
staying    what stays running: console, daemon
screen     results to stdout, everything else to stderr; text or one JSON document
progress   bars on a terminal, plain lines elsewhere
faults     errors as four lines, and their exit codes
schema     what an editor should know
verbs/     what each command does
views/     what each read model looks like
demo/      a world of its own, and the walk through it
speech/    the same sentences in English and Japanese

Nobody imports this room; `tasuki --help` imports no other (verbs import theirs when called).
"""

from tasuki.cli.front import main

__all__ = ["main"]
