"""Files for other programs: QGIS, spreadsheets, Google Earth, and whatever reads tables."""
