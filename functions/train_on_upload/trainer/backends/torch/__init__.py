"""Training with PyTorch, from ONNX graphs, exported programs, and weights with a declared architecture."""
