"""`python -m janus_kernel -f connection.json`."""

from ipykernel.kernelapp import IPKernelApp

from janus_kernel.kernel import JanusKernel

if __name__ == "__main__":
    IPKernelApp.launch_instance(kernel_class=JanusKernel)
