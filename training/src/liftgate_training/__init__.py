"""Liftgate training: fits, checks and exports uplift models as one ONNX graph."""

__version__ = "0.1.0"
