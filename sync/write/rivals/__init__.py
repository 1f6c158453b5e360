"""Those who set back what we write: found, named, and then left alone.

flips    a cell is set back to what stood there before our write; twice, and it is paused
naming   who does it: the system's own history is asked, once
breaker  the cells that a plan leaves alone, and two of our own rules that want one cell
"""
