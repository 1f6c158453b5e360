"""What Tasuki does for people: one function per verb and per page, behind CLI and console alike.

app         what every use case is handed
running     start runs, list them, look into one
planning    plans by risk, approve, apply, undo
handoffs    the board; accept, return, recycle
scenarios   preview, approve, push, what became of it
overview    is it healthy, is anyone waiting
reporting   what each team received, what was written, what is incomplete
accounts    who may sign in to the console, and what they did
explaining  why a cell holds what it holds, why a rule says so
checking    validate, discover, doctor
"""
