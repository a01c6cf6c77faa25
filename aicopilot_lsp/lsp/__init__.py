"""The face that editors see; the only room that knows pygls and lsprotocol.

Start reading at server.py (how a server is put together), then dispatch.py (what happens to one
message) and handlers/ (one file for each thing an editor can ask). Nothing is imported here: the
command line must be able to look at this package without paying for it (INV-11).
"""
