"""What a garbage collection has deleted: the report, and the way back."""
