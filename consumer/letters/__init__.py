"""Dead letters read back: what they say, which are open, and how a record comes again."""
