"""Who there is: invented companies, people and users, before any system knows them."""
