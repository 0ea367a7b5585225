"""What only the place of a deployment knows, in the words of whoever writes it."""

from collections.abc import Callable
from typing import Any


def replaced(document: Any, words: dict[str, str], text: Callable[[str], Any] = str) -> Any:  # noqa: ANN401 - JSON
    """Put words for what stands for them, at any depth of a document.

    Args:
        document: JSON, which is left as it is.
        words: What stands in the document -> what is to stand there.
        text: What becomes of a string with words in it.
    """
    if isinstance(document, dict):
        return {name: replaced(value, words, text) for name, value in document.items()}
    if isinstance(document, list):
        return [replaced(value, words, text) for value in document]
    if not isinstance(document, str):
        return document
    found = document
    for ours, theirs in words.items():
        found = found.replace(ours, theirs)
    return document if found == document else text(found)
