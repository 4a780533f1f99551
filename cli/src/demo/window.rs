//! The shop's window: where everything is, and how it is drawn.

use super::{
    canvas::{Canvas, Color, HEIGHT, Rect, WIDTH},
    font,
    shop::{Field, Shop},
};

pub(super) const VISIBLE_ROWS: usize = 6;
const ROW: usize = 30;

const TITLE: Rect = Rect::new(0, 0, WIDTH, 34);
const HEADER: Rect = Rect::new(16, 50, 376, ROW);
pub(super) const TABLE: Rect = Rect::new(16, 50, 376, ROW * (VISIBLE_ROWS + 1) + 2);
const TRACK: Rect = Rect::new(377, 81, 14, ROW * VISIBLE_ROWS);
pub(super) const ADD: Rect = Rect::new(16, 278, 152, 36);
const PANEL: Rect = Rect::new(408, 50, 216, 306);
pub(super) const NAME: Rect = Rect::new(420, 174, 192, 32);
pub(super) const TOWN: Rect = Rect::new(420, 238, 192, 32);
pub(super) const ORDER: Rect = Rect::new(420, 300, 192, 40);
const STATUS: Rect = Rect::new(0, HEIGHT - 30, WIDTH, 30);
const OFFER: Rect = Rect::new(60, 116, 300, 172);
pub(super) const OFFER_YES: Rect = Rect::new(76, 238, 132, 36);
pub(super) const OFFER_NO: Rect = Rect::new(220, 238, 124, 36);

const WHITE: Color = [0xff, 0xff, 0xff];
const DESK: Color = [0xee, 0xf1, 0xf5];
const INK: Color = [0x24, 0x2c, 0x38];
const FAINT: Color = [0x6b, 0x76, 0x86];
const EDGE: Color = [0xc2, 0xca, 0xd6];
const NAVY: Color = [0x22, 0x35, 0x54];
const BLUE: Color = [0x25, 0x63, 0xc9];
const DEEP_BLUE: Color = [0x1a, 0x49, 0x99];
const SELECTED: Color = [0xcf, 0xe2, 0xff];
const BAND: Color = [0xf6, 0xf8, 0xfb];
const GREY: Color = [0xe2, 0xe6, 0xec];
const GREY_INK: Color = [0xa6, 0xae, 0xb9];
const GREEN: Color = [0x2c, 0x8a, 0x57];
const PURPLE: Color = [0x6d, 0x3f, 0x9e];
const SHADOW: Color = [0x8c, 0x97, 0xa6];

/// The row of the list at a place from the top.
pub(super) const fn row(place: usize) -> Rect {
    Rect::new(17, 81 + place * ROW, 359, ROW)
}

/// Draws the window as it stands.
pub(super) fn draw(shop: &Shop) -> Canvas {
    let mut canvas = Canvas::new(DESK);
    title(&mut canvas);
    list(&mut canvas, shop);
    order(&mut canvas, shop);
    status(&mut canvas, shop);
    if shop.has_dialog() {
        offer(&mut canvas);
    }
    canvas
}

fn title(canvas: &mut Canvas) {
    canvas.fill(TITLE, NAVY);
    canvas.text(16, 10, "Corner Shop", WHITE);
    for (place, color) in [(568, [0x7d, 0xc4, 0x8d]), (590, [0xe9, 0xc4, 0x6a]), (612, [0xe0, 0x7a, 0x6a])] {
        canvas.fill(Rect::new(place, 11, 12, 12), color);
    }
}

fn list(canvas: &mut Canvas, shop: &Shop) {
    canvas.framed(TABLE, WHITE, EDGE, 1);
    canvas.framed(HEADER, GREY, EDGE, 1);
    canvas.text(28, HEADER.y + 8, "Product", FAINT);
    canvas.text_to(364, HEADER.y + 8, "Price", FAINT);
    for (place, (index, name, price)) in shop.rows().enumerate() {
        let area = row(place);
        let fill = match shop.selected {
            Some(selected) if selected == index => SELECTED,
            _ if index % 2 == 1 => BAND,
            _ => WHITE,
        };
        canvas.fill(area, fill);
        canvas.text(28, area.y + 7, name, INK);
        canvas.text_to(364, area.y + 7, &price, INK);
    }
    let (above, all) = shop.slider();
    let notch = TRACK.height / all.max(1);
    canvas.fill(TRACK, GREY);
    canvas.fill(Rect::new(TRACK.x + 3, TRACK.y + above * notch, 8, notch * VISIBLE_ROWS), SHADOW);
    button(canvas, ADD, "Add to cart", shop.selected.is_some().then_some(BLUE));
}

fn order(canvas: &mut Canvas, shop: &Shop) {
    canvas.framed(PANEL, WHITE, EDGE, 1);
    canvas.text(420, 60, "Order", FAINT);
    canvas.fill(Rect::new(420, 82, 192, 1), EDGE);
    for (line, (name, price)) in shop.ordered().take(1).enumerate() {
        canvas.text(420, 90 + line * 22, name, INK);
        canvas.text_to(612, 90 + line * 22, &price, INK);
    }
    canvas.fill(Rect::new(420, 114, 192, 1), EDGE);
    canvas.text(420, 122, "Total", FAINT);
    canvas.text_to(612, 122, &shop.total(), INK);
    for (area, label, text, field) in [(NAME, "Name", &shop.name, Field::Name), (TOWN, "Town", &shop.town, Field::Town)]
    {
        let focused = shop.focus == Some(field);
        canvas.text(area.x, area.y - 22, label, FAINT);
        canvas.framed(area, WHITE, if focused { BLUE } else { EDGE }, 2);
        canvas.text(area.x + 10, area.y + 9, text, INK);
        if focused {
            let caret = if text.is_empty() { 0 } else { font::width(text) + 4 };
            canvas.fill(Rect::new(area.x + 10 + caret, area.y + 7, 2, 18), INK);
        }
    }
    button(canvas, ORDER, "Order", shop.can_order().then_some(BLUE));
}

fn status(canvas: &mut Canvas, shop: &Shop) {
    if shop.placed {
        canvas.fill(STATUS, GREEN);
        canvas.text(16, STATUS.y + 8, &format!("Order 1042 placed. Thank you, {}!", shop.name), WHITE);
    } else {
        canvas.fill(STATUS, GREY);
        canvas.text(16, STATUS.y + 8, "10 products, free delivery", FAINT);
    }
}

fn offer(canvas: &mut Canvas) {
    canvas.fill(Rect::new(OFFER.x + 6, OFFER.y + 6, OFFER.width, OFFER.height), SHADOW);
    canvas.framed(OFFER, WHITE, PURPLE, 2);
    canvas.fill(Rect::new(OFFER.x, OFFER.y, OFFER.width, 34), PURPLE);
    canvas.text(OFFER.x + 16, OFFER.y + 10, "Tea at half price?", WHITE);
    canvas.text(OFFER.x + 16, OFFER.y + 52, "Only today, in every", INK);
    canvas.text(OFFER.x + 16, OFFER.y + 76, "flavour that we have.", INK);
    button(canvas, OFFER_YES, "Yes please", Some(PURPLE));
    canvas.framed(OFFER_NO, GREY, SHADOW, 1);
    canvas.text_in(OFFER_NO, "No thanks", INK);
}

/// A button; one without a color cannot be pressed.
fn button(canvas: &mut Canvas, area: Rect, label: &str, color: Option<Color>) {
    match color {
        Some(color) => {
            canvas.framed(area, color, DEEP_BLUE, 1);
            canvas.text_in(area, label, WHITE);
        }
        None => {
            canvas.framed(area, GREY, EDGE, 1);
            canvas.text_in(area, label, GREY_INK);
        }
    }
}
