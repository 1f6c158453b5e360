"""What HubSpot does by itself: values it derives, companies it makes, rules it enforces."""
