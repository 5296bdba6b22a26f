from tests.training.conftest import base, labels

__all__ = ["base", "labels"]
