"""Ships that others saw: files of detections, kept beside the record and matched to it."""
