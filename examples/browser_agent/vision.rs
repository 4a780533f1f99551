//! The eye: what a screenshot shows, by its pixels alone. It cannot read; it knows fields, buttons, marks and panels by
//! their colour, size and frame.

use std::io::Cursor;

use png::{Decoder, Transformations};

use crate::Failure;
use crate::regions::{Rect, Region, Rgb, regions};

/// A decoded screenshot.
pub(crate) struct Picture {
    width: usize,
    pixels: Vec<Rgb>,
}

/// Something on the screen.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    pub(crate) area: Rect,
    /// The colour of its face; of a field that of its frame.
    pub(crate) color: Rgb,
    /// How much of its face something is written on, from 0 to 1.
    pub(crate) ink: f64,
    /// How well it fits what it was taken for, from 0 to 1.
    pub(crate) fit: f64,
}

impl Shape {
    /// A field with a coloured frame is the one that the keyboard goes to.
    pub(crate) fn has_keyboard(&self) -> bool {
        is_colorful(self.color)
    }

    /// Something red.
    pub(crate) fn is_red(&self) -> bool {
        let [red, green, blue] = self.color;
        red > green.max(blue).saturating_add(40)
    }

    /// Something green.
    pub(crate) fn is_green(&self) -> bool {
        let [red, green, blue] = self.color;
        green > red.max(blue).saturating_add(40)
    }

    /// Whether two things stand in one line.
    pub(crate) fn is_beside(&self, other: &Self) -> bool {
        let (_, middle) = self.area.center();
        (other.area.top..other.area.bottom).contains(&middle)
    }
}

/// What a screenshot shows, each kind from the upper left to the lower right.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scene {
    /// White rectangles in a frame.
    pub(crate) fields: Vec<Shape>,
    /// Coloured rectangles of the size of a button.
    pub(crate) buttons: Vec<Shape>,
    /// Coloured rectangles too low for a button.
    pub(crate) marks: Vec<Shape>,
    /// Coloured rectangles that are wider than any button.
    pub(crate) panels: Vec<Shape>,
}

impl Picture {
    pub(crate) fn from_png(png: &[u8]) -> Result<Self, Failure> {
        let mut decoder = Decoder::new(Cursor::new(png));
        decoder.set_transformations(Transformations::normalize_to_color8());
        let mut reader = decoder.read_info()?;
        let mut bytes = vec![0; reader.output_buffer_size().ok_or("a screenshot beyond all measure")?];
        let frame = reader.next_frame(&mut bytes)?;
        bytes.truncate(frame.buffer_size());
        let pixels = bytes.chunks_exact(frame.color_type.samples()).map(|pixel| match pixel {
            [red, green, blue, ..] => [*red, *green, *blue],
            [gray, ..] => [*gray; 3],
            [] => [0; 3],
        });
        Ok(Self { width: usize::try_from(frame.width)?, pixels: pixels.collect() })
    }

    /// The share of the pixels that are not as they were, from 0 to 1.
    pub(crate) fn changed_since(&self, before: &Self) -> f64 {
        let changed = self.pixels.iter().zip(&before.pixels).filter(|(now, then)| now != then).count();
        changed as f64 / self.pixels.len().max(1) as f64
    }

    pub(crate) fn scene(&self) -> Scene {
        let mut scene = Scene::default();
        for region in regions(self.pixels.chunks_exact(self.width.max(1)), 12) {
            let (width, height, fill) = (region.area.width(), region.area.height(), region.fill());
            let colored = Shape { area: region.area, color: region.color, ink: 1.0 - fill, fit: (fill / 0.8).min(1.0) };
            match (is_colorful(region.color), width, height) {
                (true, 40..=260, 28..=64) if fill > 0.5 => scene.buttons.push(colored),
                (true, 30..=120, 14..=27) if fill > 0.3 => scene.marks.push(colored),
                (true, 400.., 40..) if fill > 0.5 => scene.panels.push(colored),
                (false, 120.., 24..=64) if is_white(region.color) => scene.fields.extend(self.field(&region)),
                _ => {}
            }
        }
        for shapes in [&mut scene.fields, &mut scene.buttons, &mut scene.marks, &mut scene.panels] {
            shapes.sort_by_key(|shape| (shape.area.top, shape.area.left));
        }
        scene
    }

    /// A field, if a frame of one colour goes around a white region.
    fn field(&self, region: &Region) -> Option<Shape> {
        let Rect { left, top, right, bottom } = region.area;
        let (above, before) = (top.checked_sub(1)?, left.checked_sub(1)?);
        let level = (left..right).flat_map(|x| [(x, above), (x, bottom)]);
        let upright = (top..bottom).flat_map(|y| [(before, y), (right, y)]);
        let color = self.at(left, above).filter(|color| !is_white(*color))?;
        let (mut all, mut framed) = (0_usize, 0_usize);
        for (x, y) in level.chain(upright) {
            all += 1;
            framed += usize::from(self.at(x, y) == Some(color));
        }
        let fit = framed as f64 / all.max(1) as f64;
        (fit > 0.9).then(|| Shape { area: region.area, color, ink: 1.0 - region.fill(), fit })
    }

    fn at(&self, x: usize, y: usize) -> Option<Rgb> {
        (x < self.width).then(|| self.pixels.get(y * self.width + x).copied())?
    }
}

fn is_white(color: Rgb) -> bool {
    color.iter().all(|channel| *channel >= 253)
}

/// Neither white, grey nor black.
fn is_colorful([red, green, blue]: Rgb) -> bool {
    red.max(green).max(blue) - red.min(green).min(blue) >= 60
}
