"""What can be done to a recording without a model: decode, deform, resample, recognise."""
