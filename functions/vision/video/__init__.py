"""Video that nobody vouches for: decoded by a process in a sandbox, one frame at a time, and written anew.

``reader.py`` and ``writer.py`` are what functions use, ``tracking.py`` carries boxes from frame to frame. What runs in
the sandbox is ``decoding.py``; what the two processes say to each other is ``messages.py``.
"""
