"""The built-in reviewer measured: documents with seeded defects, clean ones of the same kinds, and what it finds in both."""
