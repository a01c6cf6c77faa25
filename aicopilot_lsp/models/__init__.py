"""How we talk to models: the backend protocol, FIM formats, the embedded model.

The only room that knows httpx, h11 and xllamacpp.
"""
