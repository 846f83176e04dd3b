"""`setup`: asks, tries each answer at once, and writes `.env`."""
