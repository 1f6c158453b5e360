"""Many things in one call: subrequests, graphs, batches, trees, collections of records."""
