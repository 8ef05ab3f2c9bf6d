"""What the assistant knows about a shoot: measurements, checks, session, ingest, pipeline."""
