"""Programs written to do harm, by aim, and what becomes of them in every kind of sandbox."""
