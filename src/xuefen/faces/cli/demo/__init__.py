"""The demonstration: made-up people, the whole main job, on a bank marked as a demo."""
