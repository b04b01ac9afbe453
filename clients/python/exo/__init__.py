"""Device API client of Gateway Engine: `exo.api.ExositeAPI` and `exo.device.Device`. Standard library only."""

__version__ = "0.1.0"
