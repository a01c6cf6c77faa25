"""Requests wait while anything that they must obey is being read, and never for ever."""

import asyncio

from aicopilot_lsp.lsp.gate import Gate


async def passes(gate: Gate) -> bool:
    waiting = asyncio.create_task(gate.wait())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    passed = waiting.done()
    waiting.cancel()
    return passed


async def test_the_gate_is_closed_until_the_last_hold_is_released() -> None:
    gate = Gate()
    assert not await passes(gate)
    one, two = gate.hold(1e6), gate.hold(1e6)
    one()
    one()
    assert not await passes(gate)
    two()
    assert await passes(gate)


async def test_it_closes_again_before_those_that_wait_have_passed() -> None:
    gate = Gate()
    release = gate.hold(1e6)
    waiting = asyncio.create_task(gate.wait())
    await asyncio.sleep(0)
    release()
    again = gate.hold(1e6)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not waiting.done()
    again()
    await waiting


async def test_a_hold_ends_by_itself() -> None:
    gate = Gate()
    gate.hold(0)
    await gate.wait()
