"""Many machines as one: policies, reward models and sandboxes on the nodes of a Ray cluster.

What searches and what keeps the journal stays in one process, the driver, which asks workers on
the nodes as it would ask services of its own. So a run on a cluster is the same run: the same
seeds, the same journal, and a node that is lost costs only what it had under way.
"""
