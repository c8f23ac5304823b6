"""The task system. It knows nothing of documents or contracts: see docs/architecture.md."""
