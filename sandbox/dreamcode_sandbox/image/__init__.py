"""What goes into the sandbox image: the Dockerfile and the runner that lives inside."""
