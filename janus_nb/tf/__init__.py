"""The only package that imports TensorFlow: the backend that lowering and runtime ask for."""
