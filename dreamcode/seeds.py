"""Seeds that depend on what is asked, never on when."""

import hashlib


def derive_seed(run_seed: int, problem_id: str, prefix: str, sample: int) -> int:
    """A seed for one sample of one prefix, below 2**31 as some servers want it.

    The prefix names the place in the search tree, so the order in which requests happen
    to be batched cannot change which seed a request gets.
    """
    text = f"{run_seed}\x00{problem_id}\x00{prefix}\x00{sample}"
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") % 2**31
