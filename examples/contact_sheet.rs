//! Draws the screenshots of a bundle on one sheet: a line for each step, before its action on the left and after it on the
//! right, with a ring where the step acted and a frame that is green or red as the step went. What is not there is grey.
//!
//! ```text
//! cargo run -p tracing-augur --example contact_sheet -- <bundle> <sheet.png> [step …]
//! ```
#![allow(clippy::print_stdout, reason = "where the sheet is is the output of this program")]

use std::error::Error;
use std::fs::{self, File};
use std::io::{BufWriter, Cursor};
use std::path::{Path, PathBuf};

use png::{BitDepth, ColorType, Compression, Decoder, Encoder, Transformations};
use tracing_augur::bundle::{Bundle, StoredStep};
use tracing_augur::record::{Object, Value};

type Rgb = [u8; 3];

/// Width of a picture on the sheet, in pixels.
const WIDTH: usize = 400;
/// Width of the frames, and of the gaps between them.
const EDGE: usize = 6;
/// More steps than this go into two columns.
const ONE_COLUMN: usize = 4;

const PAPER: Rgb = [255, 255, 255];
const MISSING: Rgb = [200, 200, 200];
const GREEN: Rgb = [46, 125, 50];
const RED: Rgb = [211, 47, 47];
const MARK: Rgb = [255, 0, 200];

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(folder), Some(sheet)) = (arguments.next(), arguments.next()) else {
        return Err("usage: contact_sheet <bundle> <sheet.png> [step …]".into());
    };
    let wanted: Vec<u64> = arguments.filter_map(|number| number.to_str()?.parse().ok()).collect();
    let bundle = Bundle::open(&folder)?;
    let mut cells = Vec::new();
    for step in bundle.steps()? {
        let step = step?;
        if wanted.is_empty() || wanted.contains(&step.index) {
            cells.push(cell(&folder, &step)?);
        }
    }
    compose(&cells).write(&sheet)?;
    println!("{} steps on {}", cells.len(), sheet.display());
    Ok(())
}

/// The two pictures of a step, side by side.
fn cell(folder: &Path, stored: &StoredStep) -> Result<Image, Box<dyn Error>> {
    let acted_at = point(&stored.step);
    let [before, after] = ["observation_pre", "observation_post"].map(|member| {
        let path = stored.step.get(member).and_then(Value::as_str)?;
        fs::read(folder.join(path)).ok()
    });
    let missing = || Ok(Image::new(WIDTH, WIDTH / 2, MISSING));
    let draw = |png: Option<Vec<u8>>| png.map_or_else(missing, |png| read(&png, acted_at));
    let (before, after) = (draw(before)?, draw(after)?);
    let good = stored.step.get("status").and_then(Value::as_str) == Some("succeeded");
    let height = before.height.max(after.height) + 2 * EDGE;
    let mut cell = Image::new(2 * WIDTH + 3 * EDGE, height, if good { GREEN } else { RED });
    cell.paste(&before, EDGE, EDGE);
    cell.paste(&after, WIDTH + 2 * EDGE, EDGE);
    cell.number(stored.index);
    Ok(cell)
}

/// Where a step acted, in pixels of its screenshot.
fn point(step: &Object) -> Option<(f64, f64)> {
    let params = step.get("action").and_then(|action| action.get("params"));
    let grounded = step.get("grounding").and_then(|grounding| grounding.get("coordinates"));
    [params, grounded].into_iter().flatten().find_map(|place| {
        let number = |name| match place.get(name) {
            Some(Value::Number(number)) => Some(number.as_f64()),
            _ => None,
        };
        Some((number("x")?, number("y")?))
    })
}

/// A screenshot in the size of the sheet, with a ring around a point.
fn read(png: &[u8], acted_at: Option<(f64, f64)>) -> Result<Image, Box<dyn Error>> {
    let mut decoder = Decoder::new(Cursor::new(png));
    decoder.set_transformations(Transformations::normalize_to_color8());
    let mut reader = decoder.read_info()?;
    let mut bytes = vec![0; reader.output_buffer_size().ok_or("a picture beyond all measure")?];
    let frame = reader.next_frame(&mut bytes)?;
    let (width, height) = (usize::try_from(frame.width)?, usize::try_from(frame.height)?);
    let pixels = bytes.chunks_exact(frame.color_type.samples()).map(|pixel| match pixel {
        [red, green, blue, ..] => [*red, *green, *blue],
        [gray, ..] => [*gray; 3],
        [] => PAPER,
    });
    let full = Image { width, height, pixels: pixels.take(width * height).collect() };
    let mut small = full.scaled_to(WIDTH);
    if let Some((x, y)) = acted_at {
        let scale = WIDTH as f64 / width as f64;
        small.ring(x * scale, y * scale);
    }
    Ok(small)
}

/// The cells below each other, in two columns if there are many.
fn compose(cells: &[Image]) -> Image {
    let columns = if cells.len() > ONE_COLUMN { 2 } else { 1 };
    let width = cells.iter().map(|cell| cell.width).max().unwrap_or(1);
    let lines: Vec<&[Image]> = cells.chunks(columns).collect();
    let height = |line: &[Image]| line.iter().map(|cell| cell.height).max().unwrap_or_default() + EDGE;
    let mut sheet = Image::new(columns * (width + EDGE), lines.iter().map(|line| height(line)).sum(), PAPER);
    let mut top = 0;
    for line in lines {
        for (column, cell) in line.iter().enumerate() {
            sheet.paste(cell, column * (width + EDGE), top);
        }
        top += height(line);
    }
    sheet
}

/// Pixels, line by line. What lies outside is not drawn.
struct Image {
    width: usize,
    height: usize,
    pixels: Vec<Rgb>,
}

impl Image {
    fn new(width: usize, height: usize, color: Rgb) -> Self {
        Self { width, height, pixels: vec![color; width * height] }
    }

    fn at(&self, x: usize, y: usize) -> Option<Rgb> {
        (x < self.width).then(|| self.pixels.get(y * self.width + x).copied())?
    }

    fn set(&mut self, x: usize, y: usize, color: Rgb) {
        if x < self.width
            && let Some(pixel) = self.pixels.get_mut(y * self.width + x)
        {
            *pixel = color;
        }
    }

    fn paste(&mut self, other: &Self, left: usize, top: usize) {
        for (y, line) in other.pixels.chunks_exact(other.width.max(1)).enumerate() {
            for (x, color) in line.iter().enumerate() {
                self.set(left + x, top + y, *color);
            }
        }
    }

    /// The same in another width; a pixel is the mean of those it stands for.
    fn scaled_to(&self, width: usize) -> Self {
        let height = self.height * width / self.width.max(1);
        let span =
            |at: usize, of: usize, whole: usize| at * whole / of..((at + 1) * whole / of).max(at * whole / of + 1);
        let mut scaled = Self::new(width, height, MISSING);
        for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
            let (mut sum, mut count) = ([0_usize; 3], 0);
            for from_y in span(y, height, self.height) {
                for color in span(x, width, self.width).filter_map(|from_x| self.at(from_x, from_y)) {
                    sum.iter_mut().zip(color).for_each(|(sum, channel)| *sum += usize::from(channel));
                    count += 1;
                }
            }
            scaled.set(x, y, sum.map(|sum| u8::try_from(sum / count.max(1)).unwrap_or(u8::MAX)));
        }
        scaled
    }

    /// A ring with a dot in its middle.
    fn ring(&mut self, x: f64, y: f64) {
        for (down, right) in (-12..=12).flat_map(|down| (-12..=12).map(move |right| (down, right))) {
            let (distance, x, y) = (f64::from(right).hypot(f64::from(down)), x + f64::from(right), y + f64::from(down));
            if (distance < 2.5 || (9.0..12.0).contains(&distance)) && x >= 0.0 && y >= 0.0 {
                self.set(x as usize, y as usize, MARK);
            }
        }
    }

    /// The index of a step, in its lower left corner.
    fn number(&mut self, index: u64) {
        /// Three by five pixels a digit, from the upper left.
        const DIGITS: [u16; 10] = [
            0b111_101_101_101_111,
            0b010_110_010_010_111,
            0b111_001_111_100_111,
            0b111_001_111_001_111,
            0b101_101_111_001_001,
            0b111_100_111_001_111,
            0b111_100_111_101_111,
            0b111_001_010_010_010,
            0b111_101_111_101_111,
            0b111_101_111_001_111,
        ];
        const SCALE: usize = 4;
        let top = self.height.saturating_sub(7 * SCALE + EDGE);
        for (place, digit) in index.to_string().bytes().enumerate() {
            let strokes = DIGITS.get(usize::from(digit - b'0')).copied().unwrap_or_default();
            for (row, column) in (0..7 * SCALE).flat_map(|row| (0..5 * SCALE).map(move |column| (row, column))) {
                // A digit stands on paper, with a margin of one of its pixels.
                let (y, x) = ((row / SCALE).wrapping_sub(1), (column / SCALE).wrapping_sub(1));
                let ink = x < 3 && y < 5 && strokes >> (14 - 3 * y - x) & 1 == 1;
                self.set(EDGE + place * 4 * SCALE + column, top + row, if ink { [0; 3] } else { PAPER });
            }
        }
    }

    fn write(&self, path: &Path) -> Result<(), Box<dyn Error>> {
        let file = BufWriter::new(File::create(path)?);
        let mut encoder = Encoder::new(file, u32::try_from(self.width)?, u32::try_from(self.height)?);
        encoder.set_color(ColorType::Rgb);
        encoder.set_depth(BitDepth::Eight);
        encoder.set_compression(Compression::Balanced);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&self.pixels.concat())?;
        Ok(writer.finish()?)
    }
}
