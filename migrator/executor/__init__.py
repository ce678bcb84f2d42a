"""Plan → batches → journal: sends what the plan says, never twice, and settles what is in doubt."""
