"""Lists of words, written one after the other."""


def words(text: str) -> list[str]:
    """Give the words of ``text``."""
    return text.split()
