"""Where problems with hidden tests come from: one file per family of data sets."""
