"""Where a benchmark's problems come from: one file a family of data sets."""
