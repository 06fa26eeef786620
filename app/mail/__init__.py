"""Mail: letters made into messages, and handed to a server over SMTP."""
