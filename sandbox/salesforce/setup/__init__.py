"""What an administrator sets up beside fields: rules, permissions, limits, switches, locks."""
