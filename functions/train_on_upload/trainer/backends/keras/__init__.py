"""Keras 3 on TensorFlow: `.keras` files."""
