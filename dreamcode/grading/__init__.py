"""What tests say of programs, and how sure the numbers made of it are."""
