"""Partners: the register, one partner, what stands against its next step, and whom to reach there."""
