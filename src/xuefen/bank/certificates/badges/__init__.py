"""Strangers' credentials, taken apart in a process of their own: JSON, JWT, and pictures with a badge inside."""
