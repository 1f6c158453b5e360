"""From what a mapping file says to the frozen spec, collecting everything that is wrong."""
