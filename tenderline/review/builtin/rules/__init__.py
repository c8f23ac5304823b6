"""The rules, a subject a module; ``groups.GROUPS`` names them all in the order they run."""
