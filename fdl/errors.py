"""Why a file is not a pipeline."""

from collections.abc import Iterable, Sequence


class FdlError(ValueError):
    """A file that cannot be read as FDL; ``problems`` has one sentence for each thing that is wrong with it.

    Args:
        source: The file, as a person would name it.
        problems: Sentences, each with the line it is about where there is one.
        hint: What a person can do about it; empty when the sentences say it.
    """

    def __init__(self, source: str, problems: Sequence[str], *, hint: str = "") -> None:
        self.problems = tuple(problems)
        self.message = f"{source}: {'; '.join(self.problems)}"
        self.hint = hint
        super().__init__(self.message)


def nearest(word: str, known: Iterable[str]) -> str:
    """Give ``"; did you mean X?"`` for the known word most like ``word``, or nothing when none is like it."""
    import difflib  # for the wrong word only

    close = difflib.get_close_matches(word, [each for each in known if each != word], n=1, cutoff=0.6)
    return f"; did you mean {close[0]}?" if close else ""
