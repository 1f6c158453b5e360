"""Explicit know-how: metrics, scores, handoffs, signals, scenarios; library/ holds a ready one."""
