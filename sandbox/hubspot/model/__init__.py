"""What the account is made of: object types, properties, labels, pipelines and owners."""
