"""Marketing e-mail: the e-mails, what became of them, and what each recipient did."""
