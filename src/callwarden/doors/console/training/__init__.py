"""The register of training: whose training in security is current, and entering what was completed."""
