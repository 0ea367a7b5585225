"""Run a command that may turn hostile: no network, no files but those named, limits; nothing but the standard library.

``walls.py`` is what callers use. The rest runs in the new process, between the walls and the command, and imports fast.
"""
