"""The second level of the comparison, the wire: recorded requests are sent again, and each answer is judged."""
