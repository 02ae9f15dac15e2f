"""A multilayer perceptron for each seed, all trained at once."""
