"""Measurements over real data; none of it is installed with the package."""
