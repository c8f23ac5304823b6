"""A finished review as a report of its own, for documents that can't hold comments: as Markdown and as a Word file."""
