"""What each code of a fault means: the texts behind `consumer docs errors`."""
