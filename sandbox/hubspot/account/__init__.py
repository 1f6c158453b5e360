"""The endpoints about the account itself: owners, pipelines, details and usage."""
