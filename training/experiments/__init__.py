"""What makes the evidence of the papers and the embedded weights; not part of the product."""
