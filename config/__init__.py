"""The project folder: typed settings, profiles, secrets. The only room that touches the environment."""
