"""What the HubSpot account holds: tables, property definitions, records, links and bulk load."""
