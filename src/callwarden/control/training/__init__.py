"""Who completed which training, and until when it counts. Sensitive roles rest on training that is current."""
