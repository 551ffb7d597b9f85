"""Chapter 3: duties, access, alerts, incidents, training and violations."""
