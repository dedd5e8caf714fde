"""What each code of a mapping file means, with an example that is run as a test."""
