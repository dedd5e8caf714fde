"""What is sent next, and what may be committed. Pure: `now` is an argument."""
