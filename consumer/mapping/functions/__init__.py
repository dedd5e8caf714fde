"""The functions of `apply`: a closed, documented list. Pure."""
