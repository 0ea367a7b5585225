"""Keras 3 model files (``.keras``): every class, key and value of the configuration is on a list, or it is refused."""
