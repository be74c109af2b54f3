"""What draws say about pathways, each number with its Monte Carlo error."""
