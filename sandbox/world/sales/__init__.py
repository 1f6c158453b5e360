"""The sales system: who bought what, of whom, and whether it was paid."""
