"""Talk to one system each; start with protocol.py, then any vendor folder."""
