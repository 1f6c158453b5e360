"""What people did: web events by type, histories of single contacts, marketing e-mails."""
