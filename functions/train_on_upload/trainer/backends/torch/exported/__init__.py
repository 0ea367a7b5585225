"""Programs of ``torch.export``, interpreted without loading them."""
