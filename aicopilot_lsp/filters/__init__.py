"""What may reach the user: each filter gives a verdict on a candidate."""
