"""The endpoints about the account itself: details and usage."""
