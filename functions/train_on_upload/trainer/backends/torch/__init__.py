"""Training with PyTorch: ONNX graphs, exported programs, and weights with a declared architecture."""
