"""Ways to search for a program; each file is one of them."""
