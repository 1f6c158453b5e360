"""Signing in: OAuth's grants, SOAP login, the sessions they open, who a session is."""
