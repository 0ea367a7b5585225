"""The functions, one folder each, and the runtime that runs them."""

import os

OURS = {"PYDANTIC_DISABLE_PLUGINS": "__all__"}
"""Variables that we set for our own processes, unless somebody has.

Pydantic asks every installed distribution for plugins when a process makes its first model: 8 ms of 150, for none.
"""
for _name, _value in OURS.items():
    os.environ.setdefault(_name, _value)
