"""A mapping against what its systems really have."""
