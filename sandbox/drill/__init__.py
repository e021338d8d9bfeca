"""The restore drill: reads every manifest and every blob of a registry or of its bucket, and compares the digests."""
