"""What people see in a browser and print: pages of one HTML file each, in one house style."""

from impactbond.pages.house import write_page
from impactbond.pages.programme_page import programme_page
from impactbond.pages.reconciliation_page import reconciliation_page
from impactbond.pages.statement_page import statement_page

__all__ = ["programme_page", "reconciliation_page", "statement_page", "write_page"]
