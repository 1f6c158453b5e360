"""Local Salesforce, HubSpot and sales system over HTTP(S), and the generator of their world."""
