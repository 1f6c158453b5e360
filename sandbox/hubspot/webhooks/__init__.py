"""What happened in the account, told to others: webhooks that push, a journal that is pulled."""
