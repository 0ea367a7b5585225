"""Programs saved by ``torch.export.save`` (``.pt2``): the graph is JSON, weights are bytes, the rest is left closed.

``torch.export.load`` unpickles the sample inputs and evaluates expressions for sizes, guards and tree types as Python;
who loads such a file leaves these out, and none of them may be what PyTorch itself does not write.
"""
