"""Tests of the web interface, through the WSGI application."""
