"""What every frame holds: declared once, for the page of columns and for applications."""
