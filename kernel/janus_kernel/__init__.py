"""The JANUS kernel: IPython's kernel, in which every cell runs under JANUS without a magic."""

__version__ = "0.1.0"
