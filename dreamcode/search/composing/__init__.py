"""What compose keeps of a problem's functions, and how it writes more of them."""
