//! The pixels of the demo's window: rectangles, text, and the PNG that is all the agent gets to see.

use super::font;
use std::io;

/// Width of the window, in pixels.
pub(super) const WIDTH: usize = 640;
/// Height of the window, in pixels.
pub(super) const HEIGHT: usize = 400;

/// Red, green, blue.
pub(super) type Color = [u8; 3];

/// A rectangle on the screen, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rect {
    pub(super) x: usize,
    pub(super) y: usize,
    pub(super) width: usize,
    pub(super) height: usize,
}

impl Rect {
    pub(super) const fn new(x: usize, y: usize, width: usize, height: usize) -> Self {
        Self { x, y, width, height }
    }

    pub(super) const fn right(&self) -> usize {
        self.x + self.width
    }

    pub(super) const fn bottom(&self) -> usize {
        self.y + self.height
    }

    pub(super) const fn center(&self) -> (usize, usize) {
        (self.x + self.width / 2, self.y + self.height / 2)
    }

    pub(super) const fn contains(&self, x: usize, y: usize) -> bool {
        x >= self.x && x < self.right() && y >= self.y && y < self.bottom()
    }

    /// The same rectangle without `margin` pixels at every edge.
    pub(super) const fn inside(&self, margin: usize) -> Self {
        Self {
            x: self.x + margin,
            y: self.y + margin,
            width: self.width.saturating_sub(2 * margin),
            height: self.height.saturating_sub(2 * margin),
        }
    }
}

/// A picture that can be drawn on. What lies outside is not drawn.
#[derive(Debug, Clone)]
pub(super) struct Canvas {
    bytes: Vec<u8>,
}

impl Canvas {
    pub(super) fn new(color: Color) -> Self {
        Self { bytes: color.repeat(WIDTH * HEIGHT) }
    }

    pub(super) fn fill(&mut self, area: Rect, color: Color) {
        for line in self.bytes.chunks_exact_mut(WIDTH * 3).skip(area.y).take(area.height) {
            for pixel in line.chunks_exact_mut(3).skip(area.x).take(area.width) {
                pixel.copy_from_slice(&color);
            }
        }
    }

    /// A filled rectangle with an edge `thickness` pixels wide.
    pub(super) fn framed(&mut self, area: Rect, fill: Color, edge: Color, thickness: usize) {
        self.fill(area, edge);
        self.fill(area.inside(thickness), fill);
    }

    /// Text with its upper left corner at a place.
    pub(super) fn text(&mut self, x: usize, y: usize, text: &str, color: Color) {
        for (column, strokes) in font::columns(text).into_iter().enumerate() {
            for row in (0..font::ROWS).filter(|row| strokes >> row & 1 == 1) {
                let (x, y) = (x + column * font::SCALE, y + row * font::SCALE);
                self.fill(Rect::new(x, y, font::SCALE, font::SCALE), color);
            }
        }
    }

    /// Text that ends at a place.
    pub(super) fn text_to(&mut self, right: usize, y: usize, text: &str, color: Color) {
        self.text(right.saturating_sub(font::width(text)), y, text, color);
    }

    /// Text in the middle of an area. The descenders hang below the middle, as in print.
    pub(super) fn text_in(&mut self, area: Rect, text: &str, color: Color) {
        let (x, y) = area.center();
        self.text(x.saturating_sub(font::width(text) / 2), y.saturating_sub(7), text, color);
    }

    /// The picture as a PNG file.
    pub(super) fn to_png(&self) -> io::Result<Vec<u8>> {
        let mut file = Vec::new();
        let (width, height) = (u32::try_from(WIDTH), u32::try_from(HEIGHT));
        let mut encoder =
            png::Encoder::new(&mut file, width.map_err(io::Error::other)?, height.map_err(io::Error::other)?);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_compression(png::Compression::Fast);
        let mut writer = encoder.write_header().map_err(io::Error::other)?;
        writer.write_image_data(&self.bytes).map_err(io::Error::other)?;
        writer.finish().map_err(io::Error::other)?;
        Ok(file)
    }
}
