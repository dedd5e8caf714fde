"""Works become exact request bytes, answers become outcomes. Pure."""
