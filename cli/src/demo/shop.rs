//! The simulated desktop program: a small shop. It draws itself, and takes clicks and keys at coordinates, as a window does.

use super::{
    canvas::{Canvas, Rect},
    window,
};

/// What is for sale, with prices in cents, in the order of the list.
const PRODUCTS: &[(&str, u32)] = &[
    ("Alarm clock", 1850),
    ("Bath towel", 1200),
    ("Bread knife", 975),
    ("Coat hook", 420),
    ("Cutting board", 1500),
    ("Desk fan", 2790),
    ("Desk lamp", 3400),
    ("Door mat", 1150),
    ("Egg timer", 640),
    ("Floor lamp", 5800),
];

/// What a person could do at the machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Input {
    /// The left button, once.
    Click { x: usize, y: usize },
    /// The wheel towards the user, in notches.
    Scroll { x: usize, y: usize, notches: usize },
    /// Characters from the keyboard.
    Type(String),
    /// The key that goes to the next field.
    Tab,
}

/// A field for text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Name,
    Town,
}

/// The offer that gets in the way, once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Offer {
    NotYet,
    /// It opens after that many more frames.
    Due(u8),
    Open,
    Gone,
}

/// The program's state. Nobody but the drawing code may read it.
#[derive(Debug)]
pub(super) struct Shop {
    pub(super) first_row: usize,
    pub(super) selected: Option<usize>,
    pub(super) cart: Vec<usize>,
    pub(super) name: String,
    pub(super) town: String,
    pub(super) focus: Option<Field>,
    pub(super) placed: bool,
    offer: Offer,
}

impl Shop {
    pub(super) fn new() -> Self {
        Self {
            first_row: 0,
            selected: None,
            cart: Vec::new(),
            name: String::new(),
            town: String::new(),
            focus: None,
            placed: false,
            offer: Offer::NotYet,
        }
    }

    /// The next frame of the window. The shop's clock goes by frames, so every run is the same.
    pub(super) fn frame(&mut self) -> Canvas {
        self.offer = match self.offer {
            Offer::Due(0 | 1) => Offer::Open,
            Offer::Due(frames) => Offer::Due(frames - 1),
            other => other,
        };
        window::draw(self)
    }

    /// Takes an input, as the window system would hand it over.
    pub(super) fn handle(&mut self, input: &Input) {
        match input {
            Input::Click { x, y } => self.click(*x, *y),
            Input::Scroll { x, y, notches } => {
                if !self.has_dialog() && window::TABLE.contains(*x, *y) {
                    self.first_row =
                        (self.first_row + notches).min(PRODUCTS.len().saturating_sub(window::VISIBLE_ROWS));
                }
            }
            Input::Type(text) => self.type_text(text),
            Input::Tab => {
                self.focus = self.focus.map(|field| if field == Field::Name { Field::Town } else { Field::Name })
            }
        }
        if self.offer == Offer::NotYet && self.fields_are_filled() {
            self.offer = Offer::Due(2);
        }
    }

    fn click(&mut self, x: usize, y: usize) {
        let on = |area: Rect| area.contains(x, y);
        // The dialog is modal: whatever does not hit one of its buttons is swallowed.
        if self.has_dialog() {
            if on(window::OFFER_YES) || on(window::OFFER_NO) {
                self.offer = Offer::Gone;
            }
            return;
        }
        self.focus = None;
        if on(window::NAME) {
            self.focus = Some(Field::Name);
        } else if on(window::TOWN) {
            self.focus = Some(Field::Town);
        } else if on(window::ADD) {
            self.cart.extend(self.selected);
        } else if on(window::ORDER) {
            self.placed |= self.can_order();
        } else if let Some(row) = (0..window::VISIBLE_ROWS).find(|row| on(window::row(*row))) {
            self.selected = Some(self.first_row + row);
        }
    }

    fn type_text(&mut self, text: &str) {
        match self.focus {
            Some(Field::Name) if !self.has_dialog() => self.name.push_str(text),
            Some(Field::Town) if !self.has_dialog() => self.town.push_str(text),
            _ => {}
        }
    }

    fn fields_are_filled(&self) -> bool {
        !self.name.is_empty() && !self.town.is_empty()
    }

    pub(super) fn has_dialog(&self) -> bool {
        self.offer == Offer::Open
    }

    pub(super) fn can_order(&self) -> bool {
        !self.placed && !self.cart.is_empty() && self.fields_are_filled()
    }

    /// The rows of the list that show, from the top.
    pub(super) fn rows(&self) -> impl Iterator<Item = (usize, &'static str, String)> {
        PRODUCTS
            .iter()
            .enumerate()
            .skip(self.first_row)
            .take(window::VISIBLE_ROWS)
            .map(|(index, (name, cents))| (index, *name, price(*cents)))
    }

    /// What is in the cart.
    pub(super) fn ordered(&self) -> impl Iterator<Item = (&'static str, String)> {
        self.cart.iter().filter_map(|index| PRODUCTS.get(*index)).map(|(name, cents)| (*name, price(*cents)))
    }

    pub(super) fn total(&self) -> String {
        price(self.cart.iter().filter_map(|index| PRODUCTS.get(*index)).map(|(_, cents)| cents).sum())
    }

    /// Where the slider of the list stands: rows above, rows in all.
    pub(super) fn slider(&self) -> (usize, usize) {
        (self.first_row, PRODUCTS.len())
    }
}

fn price(cents: u32) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}
