"""What pages and commands show: ready rows and sentences, nothing changed."""
