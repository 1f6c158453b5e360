"""A mapping tried out before it runs: all files, their examples, previews, files together."""
