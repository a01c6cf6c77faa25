"""Prints what is in a cart."""

from cart import Cart


def lines(cart: Cart) -> list[str]:
    return [f"{item.quantity} x {item.name}" for item in cart.items]


def main() -> None:
    cart = Cart()
    for line in lines(
