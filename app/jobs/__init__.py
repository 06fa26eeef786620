"""The clockwork: a timetable on one screen, and the scheduler that ticks it inside the server's process."""
