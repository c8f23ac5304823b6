"""What a finished review is handed in as."""
