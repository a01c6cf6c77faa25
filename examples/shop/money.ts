/** Amounts of money in cents. */
export interface Money {
  cents: number;
  currency: string;
}

export function add(a: Money, b: Money): Money {
  if (a.currency !== b.currency) {
    throw new Error(`can't add ${a.currency} and ${b.currency}`);
  }
  return { cents: a.cents + b.cents, currency: a.currency };
}

export function subtract(a: Money, b: Money): Money {
  
}

export function format(money: Money): string {
  return `${(money.cents / 100).toFixed(2)} ${money.currency}`;
}
