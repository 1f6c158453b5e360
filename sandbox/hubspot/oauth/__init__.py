"""Who calls: apps, their grants and tokens, and the scopes each endpoint asks for."""
