"""Emergency access ("break glass"): one person, a reason, half an hour, little, seen by everybody who has to."""
