"""ONNX graphs, interpreted with PyTorch."""
