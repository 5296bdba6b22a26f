"""Where a benchmark's problems come from: one file per family of data sets."""
