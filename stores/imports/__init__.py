"""Files as people bring them: sheets read, cells parsed, headings, faults and warnings as data.
Uses base, geo and network; writes nothing."""
