from .inverse import invert
from .upsample import upsample_by

__all__ = ["invert", "upsample_by"]
