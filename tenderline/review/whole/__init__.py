"""The review of a document as a whole: its sections one by one, then what no single section shows."""
