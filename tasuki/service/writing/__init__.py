"""Plans and what became of them, as people look at them and act on them.

planning  plans by risk: look at one, approve it, apply it, undo what a run wrote
"""
