"""What is stored, in the import's own form: edited and brought in again, only the edits change
anything. Uses lists and what is above them."""
