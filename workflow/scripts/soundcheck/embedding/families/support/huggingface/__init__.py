"""Models of the Hugging Face hub: their folders, features, kinds and hidden states."""
