"""What people are asked and what they said about who is who, and all of it at once.

reviews   questions whether two records are one
rulings   what people said
whole     everything identity knows of an entity, streamed
"""
