"""Makes process reward models: chains, rollouts, labels, training, evaluation."""
