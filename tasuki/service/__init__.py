"""What Tasuki does for people: one function per verb and per page, behind CLI and console alike.

app         what every use case is handed
running     start runs, list them, look into one
writing     plans: look, approve, apply, undo; what is parked, who writes against us
handoffs    the board; accept, return, recycle
scenarios   preview, approve, push, what became of it
deciding    what only a person can decide: conflicts, reviews
money       won, booked, paid, and what nobody claims
privacy     what a person may ask of us: everything we hold, to be forgotten
connecting  what connections cost today; pause and resume
overview    is it healthy, is anyone waiting
reporting   what each team received, what was written, what is incomplete
accounts    who may sign in to the console, and what they did
explaining  why a cell holds what it holds, why a rule says so
checking    validate, discover, doctor
setting_up  fields that the project writes and its systems do not have
"""
