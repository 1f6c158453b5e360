"""Who gets in and how far: roles, passwords and sessions, tries, security headers.

permission  one table: what each role may do
accounts    set-up links, passwords, sessions
limit       how often a password may be tried
guard       security headers, and no write from a foreign page
"""
