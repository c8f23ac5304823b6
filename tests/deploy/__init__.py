"""What is deployed: the image's programs and compose.yaml."""
