"""Certificates on paper: set with Typst, sealed byte for byte, opened again under bounds."""
