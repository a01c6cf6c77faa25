//! Baskets and what lies in them.

use std::collections::HashMap;
use std::{fmt, io::{self, Read as Reading, *}, sync::{Arc, atomic::{AtomicU32, Ordering}}};
pub use crate::shelf::Slot as Place;
use super::money;
use rand::*;
extern crate serde;

mod tax;

/// What a parcel may weigh.
pub const LIMIT_KG: f32 = 31.5;
static NAMES: Registry = Registry { size: 1 };
pub type Shared<T> = Arc<Mutex<T>>;

/// What somebody means
/// to buy.
#[derive(Debug, Clone)]
pub struct Basket<'a, T: Priced> {
    /// The lines.
    pub lines: Vec<T>,
    owner: &'a Account,
    rack: Arc<Mutex<Rack>>,
}

pub struct Pair(u32, Slot);

pub enum Size {
    Small,
    Large(u32),
    Custom { width: u32 },
}

pub trait Priced: Named + Send {
    const RATE: u32;
    type Unit;
    fn price(&self) -> Option<Money>;
    fn name(&self) -> &str {
        "line"
    }
}

impl<'a, T: Priced> Basket<'a, T> {
    pub const EMPTY: u32 = 0;

    /// An empty one.
    #[inline]
    pub fn new(owner: &'a Account) -> Result<Self, Error> {
        let rack = Arc::new(Mutex::new(Rack::open(1)?));
        let lines = Vec::<T>::new();
        Ok(Self { lines, owner, rack })
    }

    pub async fn fetch(&mut self, slot: &Slot, mut count: usize) -> Option<Box<dyn Priced>> {
        let answer = self.owner.client.get(slot.key()).await?;
        let guard = self.rack.lock().unwrap();
        guard.shelves[0].open();
        let line = Line { slot, count };
        let weight = Weight::parse(&answer).unwrap();
        if let Some(found) = self.find(slot) {
            found.touch::<T>(weight);
        }
        let Ok(parsed) = Line::parse("x") else { return None };
        for item in self.lines.iter() {
            item.price().map(|price: Money| price.round());
        }
        match slot.size {
            Size::Small => println!("{}", line.count),
            Size::Custom { width } => {
                count += width;
            }
            _ => io::stdout().flush()?,
        }
        parsed.into()
    }
}

impl<T> fmt::Display for Basket<'_, T> {
    type Out = u8;

    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}", self.lines.len())
    }
}

macro_rules! line {
    ($slot:expr) => {
        Line::new($slot)
    };
}

// Not a doc comment, and above a function all the same.
fn total(lines: &[Line], to: impl Fn(u32) -> Money) -> Money {
    fn inner(line: &Line) -> u32 {
        line.count as u32
    }
    to(lines.iter().map(inner).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty() {
        let basket = Basket::<Line>::new(&Account::default()).unwrap();
        assert_eq!(basket.lines.len(), 0);
    }
}
