"""What the training process says: one message a line on its standard output, which nothing else may write to."""

import os
import sys
import time
from collections.abc import Mapping

from functions.train_on_upload.messages import LONGEST_NOTE, Kept, Message, Note, Progress, cut

OFTEN = 0.5
"""Seconds between two words on how far an epoch is."""


class Reporter:
    """Keeps standard output for messages: whatever a library prints goes to standard error from now on."""

    def __init__(self) -> None:
        self._out = os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=0)
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        self._last = float("-inf")

    def send(self, message: Message) -> None:
        """Send one message."""
        self._out.write(message.model_dump_json().encode() + b"\n")

    def note(self, text: str) -> None:
        """Send a line for the log."""
        self.send(Note(text=cut(text, LONGEST_NOTE)))

    def epoch(self, numbers: Mapping[str, float]) -> None:
        """Send the numbers of a whole epoch."""
        self.send(Progress(numbers=numbers, is_epoch=True))

    def step(self, numbers: Mapping[str, float]) -> None:
        """Send how far an epoch is, not too often."""
        if time.monotonic() - self._last >= OFTEN:
            self._last = time.monotonic()
            self.send(Progress(numbers=numbers))

    def kept(self, file: str) -> None:
        """Say that a checkpoint is complete."""
        self.send(Kept(file=file))
