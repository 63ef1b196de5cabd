"""The workbook of a statement."""
