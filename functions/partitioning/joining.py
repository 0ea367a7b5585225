"""Which tensors a runtime may never make, because it does the operations before and behind them in one step.

onnxruntime's CPU provider joins a convolution or a product with the normalisation, the sum and the activation behind it
(onnxruntime.ai/docs/performance/model-optimizations/graph-optimizations.html). A cut there stays possible; but the
halves then round once more than the whole, and their results differ in the last digits.
"""

from collections import defaultdict

from functions.partitioning.network import Network

BEFORE = frozenset(("Conv", "ConvTranspose", "Gemm", "MatMul", "BatchNormalization"))
BEHIND = frozenset(
    """Add BatchNormalization Clip Elu Gelu HardSigmoid HardSwish LeakyRelu Mul PRelu Relu Sigmoid Tanh""".split()  # noqa: SIM905
)


def joined(network: Network) -> frozenset[str]:
    """Name the tensors that lie inside of what may be one step."""
    takers: dict[str, set[str]] = defaultdict(set)
    for node in network.nodes:
        for name in node.input:
            takers[name].add(node.op_type)
    return frozenset(
        name
        for node in network.nodes
        if node.op_type in BEFORE
        for name in node.output
        if takers[name] & BEHIND and name not in network.outputs
    )
