"""Cluster-randomised trials: pupils, parents or teachers in classes in schools."""
