"""From photos to a head in the scene: one person, a folder of people, a head folder that is there already."""
