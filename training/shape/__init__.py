"""The shape model: MakeHuman's mesh and targets, real scans, the UV layout, and where landmarks lie on it."""
