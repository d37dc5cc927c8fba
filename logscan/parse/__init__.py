"""Readers: blocks of bytes in, columns out."""
