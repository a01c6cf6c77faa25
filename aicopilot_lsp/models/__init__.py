"""How we talk to models: the backend protocol, FIM formats, the embedded model.

Read protocol.py (what a backend is), llamacpp.py (one), http.py and connection.py (how all of them
reach a server), fim.py (how a prompt is written).
The only room that knows httpx, h11 and xllamacpp.
"""
