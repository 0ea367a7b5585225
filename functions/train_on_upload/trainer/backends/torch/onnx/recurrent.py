"""LSTM and GRU of ONNX, step by step; gates in ONNX's order (input, output, forget, cell; update, reset, hidden)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from functions.train_on_upload.trainer.backends.torch.onnx.call import Call, Operation


@dataclass(frozen=True)
class _Way:
    """The weights of one direction."""

    w: Tensor
    r: Tensor
    wb: Tensor
    rb: Tensor
    linear_before_reset: bool


def _lstm_step(way: _Way, x: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
    gates = functional.linear(x, way.w, way.wb) + functional.linear(h, way.r, way.rb)
    i, o, f, g = gates.chunk(4, dim=-1)
    c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(c), c


def _gru_step(way: _Way, x: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
    size = h.shape[-1]
    xz, xr, xh = functional.linear(x, way.w, way.wb).chunk(3, dim=-1)
    hz, hr = functional.linear(h, way.r[: 2 * size], way.rb[: 2 * size]).chunk(2, dim=-1)
    z, r = torch.sigmoid(xz + hz), torch.sigmoid(xr + hr)
    if way.linear_before_reset:
        n = torch.tanh(xh + r * functional.linear(h, way.r[2 * size :], way.rb[2 * size :]))
    else:
        n = torch.tanh(xh + functional.linear(r * h, way.r[2 * size :], way.rb[2 * size :]))
    return (1 - z) * n + z * h, c


def _check(call: Call) -> None:
    defaults = {"LSTM": ("Sigmoid", "Tanh", "Tanh"), "GRU": ("Sigmoid", "Tanh")}[call.node.op]
    chosen = call.node.attributes.get("activations", ())
    ways = 2 if call.text("direction", "forward") == "bidirectional" else 1
    if chosen and chosen != defaults * ways:
        raise ValueError(f"{call.node.op} with other activations than {', '.join(defaults)} is not supported")
    if call.maybe(4) is not None or "clip" in call.node.attributes or call.whole("layout", 0):
        raise ValueError(f"{call.node.op} with sequence lengths, clip or layout 1 is not supported")
    if call.maybe(7) is not None or call.whole("input_forget", 0):
        raise ValueError(f"{call.node.op} with peepholes or input_forget is not supported")


def _recurrent(step: Callable[[_Way, Tensor, Tensor, Tensor], tuple[Tensor, Tensor]]) -> Operation:
    def run(call: Call) -> tuple[Tensor, ...]:
        _check(call)
        x, w, r, direction = call.x, call.tensor(1), call.tensor(2), call.text("direction", "forward")
        zeros = x.new_zeros(w.shape[0], x.shape[1], r.shape[-1])
        starts = [zeros if (given := call.maybe(place)) is None else given for place in (5, 6)]
        b = call.maybe(3)
        biases = x.new_zeros(w.shape[0], 2 * w.shape[1]) if b is None else b
        lines, last_h, last_c = [], [], []
        for number in range(w.shape[0]):
            wb, rb = biases[number].chunk(2)
            way = _Way(w[number], r[number], wb, rb, bool(call.whole("linear_before_reset", 0)))
            h, c = starts[0][number], starts[1][number]
            back = direction == "reverse" or number == 1
            outputs = []
            for moment in reversed(range(x.shape[0])) if back else range(x.shape[0]):
                h, c = step(way, x[moment], h, c)
                outputs.append(h)
            lines.append(torch.stack(outputs[::-1] if back else outputs))
            last_h.append(h)
            last_c.append(c)
        return torch.stack(lines, dim=1), torch.stack(last_h), torch.stack(last_c)

    return run


RECURRENT: Mapping[str, Operation] = {"GRU": _recurrent(_gru_step), "LSTM": _recurrent(_lstm_step)}
