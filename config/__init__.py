"""The project folder: typed settings, profiles, secrets. Only this room touches the environment."""
