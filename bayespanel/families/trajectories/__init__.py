"""Trajectories over time with uncertain membership: latent class growth and growth mixtures."""
