"""Files for other programs: GLB, FBX, USD, OBJ and texture sets."""
