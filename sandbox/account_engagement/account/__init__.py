"""The account around the objects: its settings, its allowance of calls, the sandbox's controls."""
