__version__ = "0.1.0"

from dogfight_nb import observe as _observe  # gives World its observe
