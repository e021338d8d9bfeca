"""The emulated AWS API: a moto server that answers and refuses like AWS."""
