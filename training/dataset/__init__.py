"""The reflectance data set: items on disk, the tones people are shown at, mixtures of people, labels, a sheet."""
