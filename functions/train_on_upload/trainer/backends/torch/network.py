"""What the three forms of an uploaded PyTorch model become: one module that knows where its scores end."""

from abc import ABC, abstractmethod
from typing import Literal

import torch
from torch import Tensor, nn

Head = Literal["softmax", "log_softmax", "sigmoid", "none"]


class Network(nn.Module, ABC):
    """A network with one input and one output.

    ``head`` is the activation that it ends with. Losses are taken from what goes into it, the scores, as they are more
    exact there; ``forward`` is the whole network as it was uploaded. ``takes`` is the type of the input.
    """

    head: Head = "none"
    takes: torch.dtype = torch.float32

    @abstractmethod
    def scores(self, x: Tensor) -> Tensor:
        """What goes into the head: (N, ...) for rows (N, ...)."""

    def activated(self, scores: Tensor) -> Tensor:
        """The output that belongs to these scores."""
        if self.head == "sigmoid":
            return torch.sigmoid(scores)
        if self.head == "softmax":
            return torch.softmax(scores, dim=-1)
        return torch.log_softmax(scores, dim=-1) if self.head == "log_softmax" else scores

    def forward(self, x: Tensor) -> Tensor:
        """The output for rows ``x``, with the head."""
        return self.activated(self.scores(x))
