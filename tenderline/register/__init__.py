"""The contract register: imports, the store, search, charts and exports."""
