"""What both sides say the money is, kept day by day."""
