"""Files of imports: every kind by its name, uploads, their runs, headings and samples.
Uses jobs and what is above them."""
