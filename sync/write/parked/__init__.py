"""What a system refused: it waits with its cause, is tried again, and is given up in the end.

backoff   park what was refused: the reason, the line to blame, when it is tried again
blame     which line of a mapping or rule a refusal is about
retry     open wishes and cells again: those whose time has come, or those a person names
"""
