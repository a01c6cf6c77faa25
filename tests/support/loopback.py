"""The end of a test's server: none of its connections outlives it."""

import asyncio

# From accept() until the handler of the connection runs, asyncio takes three turns of its loop.
_TURNS = 3


async def stop_accepting(server: asyncio.Server) -> None:
    """Close the listening socket when every connection that was accepted has its handler.

    asyncio forgets a socket that it has accepted when the server is closed, or its loop ends,
    within those turns. It is then collected at any later moment and reported there: in another
    test, or in the midst of `ast.parse`, which fails for it in Python before 3.11.8 and 3.12.2
    ("AST constructor recursion depth mismatch", as pytest parses for what it reports).
    """
    loop = asyncio.get_running_loop()
    for listening in server.sockets:
        loop.remove_reader(listening)
    for _ in range(_TURNS):
        await asyncio.sleep(0)
    server.close()
