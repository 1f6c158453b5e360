"""When work runs: runtime port, schedules, worker, daemon."""
