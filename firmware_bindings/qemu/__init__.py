"""The boards' images on emulated hardware: QEMU as a child that cannot outlive its parent, its ports as links."""
