"""What was read becomes a plan, and the plan becomes effects."""
