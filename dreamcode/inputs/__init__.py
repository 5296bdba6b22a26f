"""Inputs of our own making, and what programs do on them."""
