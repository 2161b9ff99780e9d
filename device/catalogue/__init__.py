"""What can be suggested, and how it is chosen: the table, opening hours, rules, the matching."""
