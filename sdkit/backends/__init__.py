"""Request -> Result: diffusers here, and one file a service."""
