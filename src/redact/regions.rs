//! Regions of a picture that are painted over before its bytes go anywhere. Only pictures that have some are decoded, within
//! limits; what cannot be decoded is not kept at all.

use super::{RedactionPolicy, png::strip_png_text};
use png::{BitDepth, ColorType, Compression, Decoder, Encoder, Limits, Transformations};
use std::{borrow::Cow, io::Cursor};

/// The most pixels that a picture with regions may have: a little more than a screen of 8K.
const MOST_PIXELS: u64 = 40_000_000;

/// The longest side of such a picture.
const LONGEST_SIDE: u32 = 32_768;

/// How much the decoder may allocate beside the pixels, in bytes.
const DECODER_BYTES: usize = 64 * 1024 * 1024;

/// A region of a picture, in its pixels; the origin is the upper left corner. What lies outside of the picture counts for
/// nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PixelRect {
    /// The left edge.
    pub x: u32,
    /// The upper edge.
    pub y: u32,
    /// How wide it is.
    pub width: u32,
    /// How high it is.
    pub height: u32,
}

/// Why regions could not be painted over; such a picture is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RegionError {
    /// The bytes are no PNG that can be decoded to its end.
    #[error("the picture cannot be decoded, so its regions cannot be painted over")]
    Undecodable,
    /// The picture has more pixels than are decoded.
    #[error("the picture is too large to be decoded, so its regions cannot be painted over")]
    TooLarge,
}

impl RedactionPolicy {
    /// The picture (PNG) as it may be kept: the regions of the policy and those given painted over in black, and without
    /// its words (see [`strip_png_text`]; `default-pii-v1` leaves them). Borrowed if nothing changes.
    ///
    /// A picture without regions is not decoded. One with regions is decoded and encoded anew, with 8 bits a channel; of an
    /// animation the first frame stays.
    ///
    /// # Errors
    /// If there are regions and the picture cannot be decoded, has more than 40 million pixels, or a side longer than
    /// 32,768.
    pub fn redact_picture<'a>(&self, png: &'a [u8], regions: &[PixelRect]) -> Result<Cow<'a, [u8]>, RegionError> {
        let all: Vec<PixelRect> = self.0.regions.iter().chain(regions).copied().collect();
        if !all.is_empty() {
            return paint_over(png, &all).map(Cow::Owned);
        }
        Ok(if self.0.is_two() { strip_png_text(png) } else { Cow::Borrowed(png) })
    }
}

fn paint_over(bytes: &[u8], regions: &[PixelRect]) -> Result<Vec<u8>, RegionError> {
    let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), Limits { bytes: DECODER_BYTES });
    decoder.set_transformations(Transformations::EXPAND | Transformations::STRIP_16);
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    let undecodable = |_| RegionError::Undecodable;
    let (width, height) = {
        let info = decoder.read_header_info().map_err(undecodable)?;
        (info.width, info.height)
    };
    if u64::from(width) * u64::from(height) > MOST_PIXELS || width.max(height) > LONGEST_SIDE {
        return Err(RegionError::TooLarge);
    }
    let mut reader = decoder.read_info().map_err(undecodable)?;
    let size = reader.output_buffer_size().ok_or(RegionError::TooLarge)?;
    let mut pixels = vec![0; size];
    let frame = reader.next_frame(&mut pixels).map_err(undecodable)?;
    if (frame.width, frame.height, frame.bit_depth) != (width, height, BitDepth::Eight) {
        return Err(RegionError::Undecodable);
    }
    for region in regions {
        fill(&mut pixels, frame.line_size, frame.color_type, region);
    }
    encode(&pixels, width, height, frame.color_type).ok_or(RegionError::Undecodable)
}

/// Paints a region black and opaque.
fn fill(pixels: &mut [u8], line: usize, color: ColorType, region: &PixelRect) {
    let (black, size): (&[u8], usize) = match color {
        ColorType::Grayscale | ColorType::Indexed => (&[0], 1),
        ColorType::GrayscaleAlpha => (&[0, 255], 2),
        ColorType::Rgb => (&[0, 0, 0], 3),
        ColorType::Rgba => (&[0, 0, 0, 255], 4),
    };
    let place = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
    let rows = pixels.chunks_exact_mut(line.max(1)).skip(place(region.y)).take(place(region.height));
    for row in rows {
        let run = row.chunks_exact_mut(size).skip(place(region.x)).take(place(region.width));
        run.for_each(|pixel| pixel.copy_from_slice(black));
    }
}

fn encode(pixels: &[u8], width: u32, height: u32, color: ColorType) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut encoder = Encoder::new(&mut out, width, height);
    encoder.set_color(color);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(Compression::Fast);
    let mut writer = encoder.write_header().ok()?;
    writer.write_image_data(pixels).ok()?;
    writer.finish().ok()?;
    Some(out)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;

    const REGION: PixelRect = PixelRect { x: 2, y: 1, width: 3, height: 2 };

    /// A picture of 8 by 4 whose bytes are all 77.
    fn picture(color: ColorType, depth: BitDepth) -> Vec<u8> {
        let mut out = Vec::new();
        let mut encoder = Encoder::new(&mut out, 8, 4);
        encoder.set_color(color);
        encoder.set_depth(depth);
        if color == ColorType::Indexed {
            encoder.set_palette(vec![9; 3 * 78]);
        }
        encoder.add_text_chunk("Comment".to_owned(), "password=canary-1".to_owned()).unwrap();
        let mut writer = encoder.write_header().unwrap();
        let bits = color.samples() * if depth == BitDepth::Sixteen { 16 } else { 8 };
        writer.write_image_data(&vec![77; 8 * 4 * bits / 8]).unwrap();
        writer.finish().unwrap();
        out
    }

    fn pixels(png: &[u8]) -> (Vec<u8>, usize) {
        let mut reader = Decoder::new(Cursor::new(png)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let frame = reader.next_frame(&mut pixels).unwrap();
        (pixels, frame.color_type.samples())
    }

    #[test]
    fn regions_are_black_and_every_other_pixel_is_as_it_was() {
        let policy = RedactionPolicy::default();
        for (color, depth) in [
            (ColorType::Grayscale, BitDepth::Eight),
            (ColorType::GrayscaleAlpha, BitDepth::Eight),
            (ColorType::Rgb, BitDepth::Eight),
            (ColorType::Rgba, BitDepth::Eight),
            (ColorType::Rgb, BitDepth::Sixteen),
            (ColorType::Indexed, BitDepth::Eight),
        ] {
            let original = picture(color, depth);
            let masked = policy.redact_picture(&original, &[REGION]).unwrap();
            assert!(!masked.windows(6).any(|part| part == b"canary"));
            let (pixels, samples) = pixels(&masked);
            let alpha = matches!(samples, 2 | 4);
            let plain = if color == ColorType::Indexed { 9 } else { 77 };
            for (index, pixel) in pixels.chunks_exact(samples).enumerate() {
                let (x, y) = (index % 8, index / 8);
                let inside = (2..5).contains(&x) && (1..3).contains(&y);
                let expected: Vec<u8> = (0..samples)
                    .map(|sample| match (inside, alpha && sample + 1 == samples) {
                        (true, true) => 255,
                        (true, false) => 0,
                        (false, _) => plain,
                    })
                    .collect();
                assert_eq!(pixel, expected, "{color:?} {depth:?} at {x},{y}");
            }
        }
    }

    #[test]
    fn regions_of_the_policy_go_with_every_picture_and_may_reach_beyond_it() {
        let original = picture(ColorType::Rgb, BitDepth::Eight);
        let beyond = PixelRect { x: 7, y: 3, width: u32::MAX, height: u32::MAX };
        for policy in [RedactionPolicy::default_pii_v1(), RedactionPolicy::default_pii_v2()] {
            let policy = policy.to_builder().mask_region(beyond).mask_region(REGION).build().to_builder().build();
            let (pixels, _) = pixels(&policy.redact_picture(&original, &[]).unwrap());
            assert_eq!(pixels.iter().filter(|byte| **byte == 0).count(), 3 * (6 + 1));
        }
    }

    #[test]
    fn a_picture_without_regions_is_never_decoded() {
        let broken = [b"\x89PNG\r\n\x1a\n".as_slice(), b"no chunk at all"].concat();
        for policy in [RedactionPolicy::default_pii_v1(), RedactionPolicy::default_pii_v2()] {
            assert!(policy.redact_picture(&broken, &[]).is_ok());
        }
        let words = picture(ColorType::Rgb, BitDepth::Eight);
        assert_eq!(RedactionPolicy::default_pii_v1().redact_picture(&words, &[]).unwrap(), words);
        assert_eq!(RedactionPolicy::default_pii_v2().redact_picture(&words, &[]).unwrap(), strip_png_text(&words));
    }

    #[test]
    fn what_cannot_be_decoded_is_dropped_with_a_reason() {
        let policy = RedactionPolicy::default();
        let whole = picture(ColorType::Rgb, BitDepth::Eight);
        let end = whole.len() - 12;
        for cut in 0..end - 4 {
            let cut = whole.get(..cut).unwrap();
            assert_eq!(policy.redact_picture(cut, &[REGION]), Err(RegionError::Undecodable));
        }
        for flipped in 8..end {
            let mut bent = whole.clone();
            *bent.get_mut(flipped).unwrap() ^= 0x55;
            // Whatever is bent: nothing comes through undecoded.
            if let Ok(masked) = policy.redact_picture(&bent, &[REGION]) {
                assert!(pixels(&masked).0.contains(&0));
            }
        }
        let mut huge = whole;
        huge.splice(16..24, [0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff]);
        let crc = crc(huge.get(12..29).unwrap());
        huge.splice(29..33, crc.to_be_bytes());
        assert_eq!(policy.redact_picture(&huge, &[REGION]), Err(RegionError::TooLarge));
    }

    fn crc(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(!0, |crc: u32, byte| {
            (0..8).fold(crc ^ u32::from(*byte), |crc, _| crc >> 1 ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
        })
    }
}
