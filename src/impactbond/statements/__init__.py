"""What is shown: statements as plain data, as Excel workbooks and as pages."""

from impactbond.statements.from_source import make_statement
from impactbond.statements.limit_terms import LimitReach, LimitTerm
from impactbond.statements.manifest import FolderVerification, verify_folder
from impactbond.statements.source import (
    RateTerm,
    ShareTerm,
    StatementSource,
    TrancheTerm,
)
from impactbond.statements.statement import Statement
from impactbond.statements.summary import statement_html
from impactbond.statements.workbook.sheets import statement_workbook
from impactbond.statements.write import write_statements

__all__ = [
    "FolderVerification",
    "LimitReach",
    "LimitTerm",
    "RateTerm",
    "ShareTerm",
    "Statement",
    "StatementSource",
    "TrancheTerm",
    "make_statement",
    "statement_html",
    "statement_workbook",
    "verify_folder",
    "write_statements",
]
