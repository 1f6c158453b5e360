"""How alike two values are: what approximate rules compare, and never more than a proposal."""
