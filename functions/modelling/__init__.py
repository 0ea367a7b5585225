"""Performance models: fitted to what was measured, written as ONNX, and asked for predictions."""
