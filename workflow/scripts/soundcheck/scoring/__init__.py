"""Pure functions from truth and predictions to numbers with intervals; they know no model and no audio."""
