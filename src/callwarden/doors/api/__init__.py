"""The REST door at `/api/v1/`: calls, recordings, words, call records, consent and customers, handed in by programs.

What is promised: nothing that was sent is ever on a disk in clear, not even for the length of an upload; a request that
was answered is answered the same when it is sent again; no answer repeats what was sent.
How to ask what may be used: docs/guides/asking-first.md.
"""
