"""How masks.onnx was made: registry pictures, painted masks, a small network. Needs group train-mask-cnn."""
