"""The web console: pages over the same service functions as the command line."""
