"""How the embedded policy and its tokenizer are made from nothing."""
