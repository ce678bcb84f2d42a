"""`rows:`: the steps that shape a source table before the fields see it, one idea a file."""
