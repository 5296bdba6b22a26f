"""The mathematics of moving labels: hypergradients, and what they move."""
