"""What pages are made of: tables, charts, maps, words, navigation, links.
Uses web and accounts."""
