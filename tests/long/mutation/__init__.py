"""What the tests notice of small bugs put into the core: mutation testing."""
