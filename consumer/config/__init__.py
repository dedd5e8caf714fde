"""Configuration: one YAML file, the environment over it, frozen values out."""
