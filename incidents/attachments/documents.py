"""PDFs as pages alone: without author, program, history, scripts, forms, notes and files within.

The pages are copied into a new document. What `pypdf` cannot read, or what takes too much, is refused.
"""

import logging
from io import BytesIO

from pypdf import PdfReader, PdfWriter
from pypdf.generic import NameObject

PDF = b"%PDF-"
MOST_PAGES = 200
_OF_A_PAGE = ("/AA", "/Annots", "/Metadata", "/PieceInfo", "/LastModified")

logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it would log what it reads


class NotADocument(ValueError):
    """It begins like a PDF and cannot be read as one."""


def stripped_pdf(data: bytes) -> bytes:
    """Each page as it looks. Raises NotADocument, also for one with a password or too many pages."""
    try:
        reader = PdfReader(BytesIO(data))
        if reader.is_encrypted or not 0 < len(reader.pages) <= MOST_PAGES:
            raise NotADocument
        writer = PdfWriter()
        for page in reader.pages:
            for name in _OF_A_PAGE:
                page.pop(NameObject(name), None)
            writer.add_page(page)
        writer.metadata = None
        kept = BytesIO()
        writer.write(kept)
    except NotADocument:
        raise
    except Exception as error:  # a hostile file may break the reader anywhere; nothing of it is kept
        raise NotADocument from error
    return kept.getvalue()
