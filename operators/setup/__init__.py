"""Making, checking and reporting on the environment that computes."""
