"""What is kept of a training run: its record, and how weights are digested."""

from functions.training.record import TrainingRecord

__all__ = ["TrainingRecord"]
