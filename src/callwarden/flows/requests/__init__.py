"""Meeting the requests of data subjects: finding everything of a person, carrying out, answering with evidence."""
