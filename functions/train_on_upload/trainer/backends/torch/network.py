"""What the three forms of an uploaded PyTorch model become: one module that knows where its scores end."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
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
    def named(self) -> Mapping[str, Tensor]:
        """Every tensor that training may change, counters of batches among them, by the model's own name."""

    @abstractmethod
    def scores(self, x: Tensor) -> Tensor:
        """What goes into the head: (N, ...) for rows (N, ...)."""

    def weights(self) -> dict[str, Tensor]:
        """Those that the model computes with: a counter's steps would pass for learning."""
        return {name: tensor for name, tensor in self.named().items() if tensor.is_floating_point()}

    def forward(self, x: Tensor) -> Tensor:
        """The output for rows ``x``, with the head."""
        return activated(self.head, self.scores(x))


def activated(head: Head, scores: Tensor) -> Tensor:
    """What a network with that head gives for these scores."""
    if head == "sigmoid":
        return torch.sigmoid(scores)
    if head == "softmax":
        return torch.softmax(scores, dim=-1)
    return torch.log_softmax(scores, dim=-1) if head == "log_softmax" else scores


class Tree(nn.Module):
    """Parameters and buffers under dotted names, each level a module, so that tools find them by these names."""

    def __init__(self, tensors: Mapping[str, Tensor]) -> None:
        super().__init__()
        for name, tensor in tensors.items():
            *levels, last = name.split(".")
            home: nn.Module = self
            for level in levels:
                home = descend(home, level)
            if isinstance(tensor, nn.Parameter):
                home._parameters[last] = tensor
            else:
                home._buffers[last] = tensor

    def now(self) -> dict[str, Tensor]:
        """Every tensor by its name."""
        return {**dict(self.named_parameters()), **dict(self.named_buffers())}


def descend(home: nn.Module, level: str) -> nn.Module:
    """The module of that name in ``home``, made if there is none.

    ``add_module`` refuses names that modules have for other things, such as ``train``; a person's layer may have one.
    """
    found = home._modules.setdefault(level, nn.Module())
    if found is None:
        raise ValueError(f"{level} is not a module")
    return found
