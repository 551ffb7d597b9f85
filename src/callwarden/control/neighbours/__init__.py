"""Systems beside ours that tell what their people do with personal data, and what they told."""
