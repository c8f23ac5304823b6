"""What the built-in reviewer says of a document as a whole: structure and figures, and nothing that a rule cannot tell."""
