//! The agent's eye. It knows screenshots and how the shop's letters look, and nothing of the shop itself.

use super::{
    canvas::{Color, Rect},
    font,
};
use std::io::{self, Cursor};

/// Share of pixels that may differ from a text's stencil, in percent.
const TOLERANCE: usize = 3;
/// Sum of the three channels' differences from which on a person would call two colors different.
const READABLE: u32 = 100;
/// The same for text that can be pressed; what is fainter is switched off.
const PRESSABLE: u32 = 200;
/// What a field that has the keyboard is framed in.
const ACCENT: Color = [0x25, 0x63, 0xc9];
/// What the title of a dialog is written on.
const DIALOG: Color = [0x6d, 0x3f, 0x9e];
const PAPER: Color = [0xff, 0xff, 0xff];

/// A screenshot, decoded.
#[derive(Debug, Clone)]
pub(super) struct Picture {
    width: usize,
    height: usize,
    pixels: Vec<Color>,
}

/// Something that was found on a screenshot.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Target {
    pub(super) area: Rect,
    /// From 0 to 1.
    pub(super) confidence: f64,
    /// What in the picture speaks for it.
    pub(super) evidence: String,
    /// Other places that bear the same text.
    pub(super) rivals: usize,
}

/// A text on a screenshot.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Word {
    pub(super) area: Rect,
    ink: Color,
    paper: Color,
    /// Share of pixels that are as in the stencil.
    likeness: f64,
}

/// What differs between two screenshots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) pixels: usize,
    pub(super) area: Rect,
}

impl Picture {
    /// Decodes a screenshot.
    pub(super) fn from_png(file: &[u8]) -> io::Result<Self> {
        let mut reader = png::Decoder::new(Cursor::new(file)).read_info().map_err(io::Error::other)?;
        let size = reader.output_buffer_size().ok_or_else(|| io::Error::other("the picture is too large"))?;
        let mut bytes = vec![0; size];
        let frame = reader.next_frame(&mut bytes).map_err(io::Error::other)?;
        if frame.color_type != png::ColorType::Rgb {
            return Err(io::Error::other("the picture is not RGB"));
        }
        let pixels = bytes.chunks_exact(3).filter_map(|pixel| pixel.try_into().ok()).collect();
        Ok(Self { width: frame.width as usize, height: frame.height as usize, pixels })
    }

    fn at(&self, x: usize, y: usize) -> Option<Color> {
        if x >= self.width {
            return None;
        }
        self.pixels.get(y * self.width + x).copied()
    }

    /// Every place that bears a text, in reading order.
    pub(super) fn words(&self, text: &str) -> Vec<Word> {
        let stencil = Stencil::new(text);
        let Some((ink_x, ink_y)) = stencil.first_ink else { return Vec::new() };
        let mut words = Vec::new();
        for y in 0..(self.height + 1).saturating_sub(font::LINE) {
            let (papers, inks) = (self.line_from(0, y), self.line_from(ink_x, y + ink_y));
            let differ = papers.iter().zip(inks).enumerate().filter(|(_, (paper, ink))| paper != ink);
            words.extend(differ.filter_map(|(x, (paper, ink))| self.word_at(&stencil, x, y, *ink, *paper)));
        }
        words
    }

    /// The pixels of a line from a place to its right end.
    fn line_from(&self, x: usize, y: usize) -> &[Color] {
        self.pixels.get(y * self.width + x..(y + 1) * self.width).unwrap_or_default()
    }

    fn word_at(&self, stencil: &Stencil, x: usize, y: usize, ink: Color, paper: Color) -> Option<Word> {
        if distance(ink, paper) < READABLE {
            return None;
        }
        let allowed = stencil.dots.len() * TOLERANCE / 100;
        let mut unlike = 0;
        for (dx, dy, inked) in &stencil.dots {
            if self.at(x + dx, y + dy) != Some(if *inked { ink } else { paper }) {
                unlike += 1;
                if unlike > allowed {
                    return None;
                }
            }
        }
        let area = Rect::new(x + font::SCALE, y, stencil.width - 2 * font::SCALE, font::LINE);
        Some(Word { area, ink, paper, likeness: 1.0 - unlike as f64 / stencil.dots.len().max(1) as f64 })
    }

    /// The area of one color around a place, as far as it goes straight up, down, left and right.
    fn flat(&self, x: usize, y: usize) -> Option<Rect> {
        let color = self.at(x, y)?;
        let same = |x: usize, y: usize| self.at(x, y) == Some(color);
        let left = (0..x).rev().take_while(|x| same(*x, y)).last().unwrap_or(x);
        let right = (x..self.width).take_while(|x| same(*x, y)).last().unwrap_or(x);
        let top = (0..y).rev().take_while(|y| same(x, *y)).last().unwrap_or(y);
        let bottom = (y..self.height).take_while(|y| same(x, *y)).last().unwrap_or(y);
        Some(Rect::new(left, top, right + 1 - left, bottom + 1 - top))
    }

    fn around(&self, word: &Word) -> Option<Rect> {
        self.flat(word.area.x.checked_sub(3)?, word.area.y.checked_sub(2)?)
    }

    /// A button that can be pressed.
    pub(super) fn button(&self, label: &str) -> Option<Target> {
        self.chosen(label, "a button", |picture, word| {
            let area = picture.around(word)?;
            let shaped = (60..=260).contains(&area.width) && (28..=48).contains(&area.height);
            (shaped && distance(word.ink, word.paper) >= PRESSABLE).then_some(area)
        })
    }

    /// A row of a list.
    pub(super) fn row(&self, label: &str) -> Option<Target> {
        self.chosen(label, "a row of the list", |picture, word| {
            let area = picture.around(word)?;
            ((300..=400).contains(&area.width) && (24..=36).contains(&area.height)).then_some(area)
        })
    }

    /// The field below its label.
    pub(super) fn field(&self, label: &str) -> Option<Target> {
        self.chosen(label, "a white field below its label", |picture, word| {
            let x = word.area.x + 5;
            let edge = (word.area.bottom()..word.area.bottom() + 16).find(|y| picture.at(x, *y) != Some(word.paper))?;
            picture.input_at(x, edge + 4)
        })
    }

    fn input_at(&self, x: usize, y: usize) -> Option<Rect> {
        let area = self.flat(x, y)?;
        let shaped = (100..=260).contains(&area.width) && (24..=40).contains(&area.height);
        (shaped && self.at(x, y) == Some(PAPER)).then_some(area)
    }

    /// The place among those that bear a text which has the right shape.
    fn chosen(&self, label: &str, shape: &str, fits: impl Fn(&Self, &Word) -> Option<Rect>) -> Option<Target> {
        let words = self.words(label);
        let (word, area) = words.iter().find_map(|word| Some((word, fits(self, word)?)))?;
        let rivals = words.len() - 1;
        let certain = word.likeness * (1.0 - 0.04 * rivals.min(10) as f64);
        Some(Target {
            area,
            confidence: (certain * 100.0).round() / 100.0,
            evidence: format!(
                "the letters \"{label}\" at {}, {} stand in {shape} of {} x {} px",
                word.area.x, word.area.y, area.width, area.height
            ),
            rivals,
        })
    }

    /// The list below the heading of a column.
    pub(super) fn list(&self, heading: &str) -> Option<Target> {
        self.chosen(heading, "the heading of a list", |picture, word| {
            let heading = picture.around(word).filter(|area| area.width >= 300 && area.height <= 36)?;
            Some(Rect::new(heading.x, heading.bottom(), heading.width, heading.height * 6))
        })
    }

    /// The field that has the keyboard.
    pub(super) fn focused(&self) -> Option<Target> {
        let frame = |x: usize, y: usize| self.at(x, y) == Some(ACCENT) && self.at(x, y + 1) == Some(ACCENT);
        let area = (0..self.height).find_map(|y| {
            let x = (0..self.width).find(|x| frame(*x, y) && frame(*x + 60, y))?;
            self.input_at(x + 5, y + 4)
        })?;
        Some(Target {
            area,
            confidence: 1.0,
            evidence: format!("a white field of {} x {} px in a blue frame", area.width, area.height),
            rivals: 0,
        })
    }

    /// The title bar of a dialog, if one is open.
    pub(super) fn dialog(&self) -> Option<Rect> {
        const NARROWEST: usize = 200;
        for y in 0..self.height {
            let is_dialog = |x: usize| self.at(x, y) == Some(DIALOG);
            let Some(x) = (0..self.width).find(|x| is_dialog(*x)) else { continue };
            // Down along the left edge is the frame; the bar is as high as its color goes beside the title.
            let area = self.flat(x + 8, y)?;
            if area.width >= NARROWEST && area.height >= 20 {
                return Some(area);
            }
        }
        None
    }

    /// The line of text in an area of one color.
    pub(super) fn read(&self, area: Rect) -> Option<String> {
        let paper = self.at(area.x, area.y)?;
        let inked = |x: usize, y: usize| {
            area.contains(x, y) && self.at(x, y).is_some_and(|color| distance(color, paper) >= READABLE)
        };
        let left = (area.x..area.right()).find(|x| (area.y..area.bottom()).any(|y| inked(*x, y)))?;
        let column = |x: usize, y: usize| {
            (0..font::ROWS).fold(0_u16, |column, row| column | u16::from(inked(x, y + row * font::SCALE)) << row)
        };
        // Where the line begins is not known: the right place is where every shape is a letter.
        let lines = (area.y..area.bottom()).filter_map(|y| {
            let columns: Vec<u16> = (left..area.right()).step_by(font::SCALE).map(|x| column(x, y)).collect();
            font::spelled(&columns)
        });
        lines.max_by_key(String::len).filter(|line| !line.is_empty())
    }

    /// The line of text that holds a word.
    pub(super) fn line_with(&self, text: &str) -> Option<(Rect, String)> {
        self.words(text).iter().find_map(|word| {
            let area = self.around(word)?;
            Some((area, self.read(area)?))
        })
    }

    /// What differs from an earlier screenshot; `None` if nothing does.
    pub(super) fn change_since(&self, earlier: &Self) -> Option<Change> {
        let (mut pixels, mut left, mut top, mut right, mut bottom) = (0, self.width, self.height, 0, 0);
        for (place, (new, old)) in self.pixels.iter().zip(&earlier.pixels).enumerate() {
            if new != old {
                let (x, y) = (place % self.width.max(1), place / self.width.max(1));
                pixels += 1;
                (left, right) = (left.min(x), right.max(x + 1));
                (top, bottom) = (top.min(y), bottom.max(y + 1));
            }
        }
        (pixels > 0).then(|| Change { pixels, area: Rect::new(left, top, right - left, bottom - top) })
    }

    /// How many pixels of an area differ from an earlier screenshot.
    pub(super) fn changed_in(&self, area: Rect, earlier: &Self) -> usize {
        let places = (area.y..area.bottom()).flat_map(|y| (area.x..area.right()).map(move |x| (x, y)));
        places.filter(|(x, y)| self.at(*x, *y) != earlier.at(*x, *y)).count()
    }
}

/// How a text looks on the screen, with a little room on both sides so that a part of a longer word does not fit.
struct Stencil {
    width: usize,
    dots: Vec<(usize, usize, bool)>,
    first_ink: Option<(usize, usize)>,
}

impl Stencil {
    fn new(text: &str) -> Self {
        let mut columns = vec![0];
        columns.extend(font::columns(text));
        columns.push(0);
        let width = columns.len() * font::SCALE;
        let mut dots = Vec::with_capacity(width * font::LINE);
        for y in 0..font::LINE {
            for (column, strokes) in columns.iter().enumerate() {
                let inked = strokes >> (y / font::SCALE) & 1 == 1;
                dots.extend((0..font::SCALE).map(|part| (column * font::SCALE + part, y, inked)));
            }
        }
        let first_ink = dots.iter().find(|(.., inked)| *inked).map(|(x, y, _)| (*x, *y));
        Self { width, dots, first_ink }
    }
}

fn distance(one: Color, other: Color) -> u32 {
    one.iter().zip(other).map(|(one, other)| u32::from(one.abs_diff(other))).sum()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::demo::{
        shop::{Input, Shop},
        window,
    };

    fn seen(shop: &mut Shop) -> Picture {
        Picture::from_png(&shop.frame().to_png().unwrap()).unwrap()
    }

    fn click(shop: &mut Shop, area: Rect) {
        let (x, y) = area.center();
        shop.handle(&Input::Click { x, y });
    }

    /// A shop with a lamp in the cart and both fields filled; the dialog opens with the second frame from here.
    fn ready_to_order() -> Shop {
        let mut shop = Shop::new();
        let (x, y) = window::TABLE.center();
        shop.handle(&Input::Scroll { x, y, notches: 3 });
        for (area, text) in [(window::row(3), ""), (window::ADD, ""), (window::NAME, "Ada"), (window::TOWN, "Turku")] {
            click(&mut shop, area);
            shop.handle(&Input::Type(text.to_owned()));
        }
        shop
    }

    #[test]
    fn every_target_is_found_where_it_was_drawn_and_nowhere_else() {
        let picture = seen(&mut ready_to_order());
        for (name, found, drawn) in [
            ("Add to cart", picture.button("Add to cart"), window::ADD),
            ("Order", picture.button("Order"), window::ORDER),
            ("Desk lamp", picture.row("Desk lamp"), window::row(3)),
            ("Coat hook", picture.row("Coat hook"), window::row(0)),
            ("Name", picture.field("Name"), window::NAME),
            ("Town", picture.field("Town"), window::TOWN),
            ("the keyboard's field", picture.focused(), window::TOWN),
        ] {
            let (found, drawn) = (found.unwrap().area, drawn.inside(2));
            assert!(found.x <= drawn.x && found.right() >= drawn.right(), "{name}: {found:?}, drawn at {drawn:?}");
            assert!(found.width <= drawn.width + 4 && found.height <= drawn.height + 4, "{name}: {found:?}");
            let (x, y) = found.center();
            assert!(drawn.contains(x, y), "{name}: {found:?}, drawn at {drawn:?}");
        }
    }

    #[test]
    fn what_is_not_on_the_screen_is_not_found() {
        let picture = seen(&mut Shop::new());
        for (name, found) in [
            ("a row further down", picture.row("Desk lamp")),
            ("a part of a word", picture.row("lock")),
            ("another case", picture.row("desk fan")),
            ("a row taken for a button", picture.button("Desk fan")),
            ("a button that is switched off", picture.button("Order")),
            ("a title taken for a button", picture.button("Corner Shop")),
            ("a button taken for a field", picture.field("Add to cart")),
            ("a field with the keyboard", picture.focused()),
            ("a button of a closed dialog", picture.button("No thanks")),
        ] {
            assert_eq!(found, None, "{name}");
        }
        assert_eq!(picture.dialog(), None);
    }

    #[test]
    fn an_open_dialog_is_seen_and_its_title_read() {
        let mut shop = ready_to_order();
        assert_eq!(seen(&mut shop).dialog(), None, "it opens a frame later");
        let picture = seen(&mut shop);
        assert_eq!(picture.read(picture.dialog().unwrap()).as_deref(), Some("Tea at half price?"));
        let (x, y) = picture.button("No thanks").unwrap().area.center();
        assert!(window::OFFER_NO.contains(x, y));
        assert!(picture.button("Order").is_some(), "the dialog leaves it in sight");
    }

    #[test]
    fn the_same_text_elsewhere_makes_the_eye_less_sure() {
        let picture = seen(&mut ready_to_order());
        let alone = picture.row("Coat hook").unwrap();
        let twice = picture.row("Desk lamp").unwrap();
        assert_eq!((alone.rivals, twice.rivals), (0, 1));
        assert!(twice.confidence < alone.confidence);
    }

    #[test]
    fn only_what_changed_is_told() {
        let mut shop = Shop::new();
        let before = seen(&mut shop);
        assert_eq!(seen(&mut shop).change_since(&before), None);
        click(&mut shop, window::row(2));
        let after = seen(&mut shop);
        let change = after.change_since(&before).unwrap();
        assert!(change.area.contains(20, window::row(2).y) && change.pixels > 5000, "{change:?}");
        assert_eq!(after.changed_in(window::NAME, &before), 0);
    }
}
