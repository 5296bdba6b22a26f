"""Who writes the code."""
