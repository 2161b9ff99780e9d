"""From a camera's frame to what is read in each face: camera, faces, tracks, recognise."""
