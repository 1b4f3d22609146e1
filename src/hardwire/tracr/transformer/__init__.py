"""Encoders of tokens and answers; Tracr's own models are not here."""
