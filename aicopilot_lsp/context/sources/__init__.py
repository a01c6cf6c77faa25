"""Where context comes from: one small file for each source."""
