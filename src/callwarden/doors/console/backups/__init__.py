"""Backups as people keep them: the newest copies, restores for practice and what they measured."""
