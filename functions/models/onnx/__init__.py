"""ONNX files: the protocol buffer is read as its wire format, and the graph checked, without onnx or protobuf."""
