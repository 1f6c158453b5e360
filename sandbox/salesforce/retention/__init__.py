"""What the org remembers and when it shows it: field history, delete log, archive, late commits."""
