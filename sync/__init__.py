"""The flow: pull, identify, merge, plan, apply, receipts, undo, explain."""
