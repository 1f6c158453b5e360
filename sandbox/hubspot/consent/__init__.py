"""Who agreed to which e-mail: subscription types, statuses, and the last word of the person."""
