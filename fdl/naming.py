"""What a variable's name says of its value. Imports next to nothing: whoever starts a process may ask."""

import re

_SECRET = re.compile(r"SECRET|PASSW|TOKEN|CREDENTIAL|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY", re.IGNORECASE)


def is_secret(name: str) -> bool:
    """Tell whether a variable of this name is likely to hold a secret."""
    return bool(_SECRET.search(name))
