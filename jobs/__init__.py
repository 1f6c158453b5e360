"""When work runs: runtime port, flows, schedules, daemon."""
