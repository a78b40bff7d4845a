"""What you see is what you sign: a document as something to look at, before anybody signs it.

A PDF becomes pictures of its pages, drawn in a bounded process (`pdf`, `pdf_process`); text and XML become readable text
(`text`); of everything else, and of what cannot be shown, `looking` says so.
"""
