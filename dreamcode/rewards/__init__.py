"""Who judges a prefix before any test has run."""
