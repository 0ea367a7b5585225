"""The messages of onnx.proto (IR version 3 to 13) and which of their fields are read; the others are refused.

Some are here only to be refused by name: functions, training, sparse tensors, graphs in attributes.
"""

MODEL = {
    1: "ir_version", 2: "producer_name", 3: "producer_version", 4: "domain", 5: "model_version", 6: "doc_string",
    7: "graph", 8: "opset_import*", 14: "metadata_props*", 20: "training_info*", 25: "functions*",
}  # fmt: skip
OPSET = {1: "domain", 2: "version"}
GRAPH = {
    1: "node*", 2: "name", 5: "initializer*", 10: "doc_string", 11: "input*", 12: "output*", 13: "value_info*",
    14: "quantization_annotation*", 15: "sparse_initializer*", 16: "metadata_props*",
}  # fmt: skip
NODE = {
    1: "input*", 2: "output*", 3: "name", 4: "op_type", 5: "attribute*", 6: "doc_string", 7: "domain", 8: "overload",
    9: "metadata_props*",
}  # fmt: skip
ATTRIBUTE = {
    1: "name", 2: "f", 3: "i", 4: "s", 5: "t", 6: "g", 7: "floats*", 8: "ints*", 9: "strings*", 10: "tensors*",
    11: "graphs*", 13: "doc_string", 20: "type", 21: "ref_attr_name", 22: "sparse_tensor",
}  # fmt: skip
TENSOR = {
    1: "dims*", 2: "data_type", 4: "float_data*", 5: "int32_data*", 6: "string_data*", 7: "int64_data*", 8: "name",
    9: "raw_data", 10: "double_data*", 11: "uint64_data*", 12: "doc_string", 13: "external_data*", 14: "data_location",
    16: "metadata_props*",
}  # fmt: skip
VALUE = {1: "name", 2: "type", 3: "doc_string", 4: "metadata_props*"}
TYPE = {1: "tensor_type", 6: "denotation"}
TENSOR_TYPE = {1: "elem_type", 2: "shape"}
SHAPE = {1: "dim*"}
DIMENSION = {1: "dim_value", 2: "dim_param", 3: "denotation"}

BITS = {
    1: 32, 2: 8, 3: 8, 4: 16, 5: 16, 6: 32, 7: 64, 9: 8, 10: 16, 11: 64, 12: 32, 13: 64, 16: 16, 21: 4, 22: 4,
}  # fmt: skip
"""Bits of one number by ``TensorProto.DataType``; texts, complex and 8-bit floats are not read."""
FLOATS = {1, 10, 11, 16}
TYPED = {"float_data": 4, "double_data": 8}
"""Packed fields of fixed width, in bytes; the others hold one varint a number."""
