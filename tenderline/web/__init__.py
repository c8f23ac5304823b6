"""The web interface: one blueprint a subject, request and response models, errors, security."""
