"""The only place that knows every stage: it draws the arrows between them."""
