"""The pipeline on virtual time, each room by itself and all together."""
