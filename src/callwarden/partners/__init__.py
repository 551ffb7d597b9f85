"""Chapter 4: vetting, agreements, sharing and oversight."""
