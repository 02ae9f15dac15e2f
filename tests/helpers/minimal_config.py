"""The shortest configuration that can be run."""

MINIMAL = """
experiments:
  - task: instrument_classification
    datasets: [synthetic]
    embedders: [handcrafted-mfcc]
    probes: [M1]
"""
