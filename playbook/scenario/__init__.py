"""A push to an audience: previewed, approved by another person, pushed.

preview   who is in, who is out and why, who is held out, who gets what
push      the approved preview as intents
audience  which people of an account a branch reaches
"""
