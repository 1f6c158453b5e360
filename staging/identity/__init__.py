"""What people are asked and what they said about who is who: reviews and rulings."""
