"""The face that editors see."""
