"""Documents: parsing, sections, the reviewers, feedback and chat."""
