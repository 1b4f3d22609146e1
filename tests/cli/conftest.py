from calling import call, in_folder

__all__ = ["call", "in_folder"]
