"""The endpoints about what people did: events, marketing e-mail and forms."""
