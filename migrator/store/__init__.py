"""What is kept: the plan, written once and sealed, and the ledger, which says what all runs did. All SQL is here."""
