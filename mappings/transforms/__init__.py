"""Named, pure steps from a platform's spelling to the normalized one; each carries its examples."""
