//! Pictures without the words that programs write into them: text and camera data go, every pixel stays.

use std::borrow::Cow;

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// Length, type and checksum around the data of a chunk.
const FRAME: usize = 12;

/// Chunks that say how pixels look, and nothing in words: palette, transparency, colours, sizes, the frames of an animation,
/// the time. Other chunks that a reader may skip are left out, whoever invented them.
const SHOWN: &[&[u8; 4]] = &[
    b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"cICP", b"mDCV", b"cLLI", b"sBIT", b"bKGD", b"hIST", b"pHYs",
    b"acTL", b"fcTL", b"fdAT", b"tIME",
];

/// The picture without its text and camera chunks (`tEXt`, `zTXt`, `iTXt`, `eXIf`), without chunks that only one program
/// knows, and without what follows its end; everything else byte for byte.
///
/// Nothing is decoded or unpacked; the work grows with the number of bytes. Where a picture is cut short, what is there of
/// its last chunk stays if it may be pixels. Bytes that do not begin as a PNG come back unchanged.
#[must_use]
pub fn strip_png_text(bytes: &[u8]) -> Cow<'_, [u8]> {
    let Some(body) = bytes.strip_prefix(SIGNATURE) else { return Cow::Borrowed(bytes) };
    let kept = kept(body);
    // Most pictures have nothing to lose, and are not copied.
    if kept.iter().map(|part| part.len()).sum::<usize>() == body.len() {
        return Cow::Borrowed(bytes);
    }
    let mut out = SIGNATURE.to_vec();
    kept.into_iter().for_each(|part| out.extend_from_slice(part));
    Cow::Owned(out)
}

/// The parts of the body of a file that stay; neighbours are one part.
fn kept(body: &[u8]) -> Vec<&[u8]> {
    let (mut parts, mut begin, mut place) = (Vec::new(), 0, 0);
    let mut keep = |from: usize, to: usize| parts.extend(body.get(from..to).filter(|part| !part.is_empty()));
    while let Some(rest) = body.get(place..).filter(|rest| !rest.is_empty()) {
        let header =
            rest.first_chunk::<8>().map(|[a, b, c, d, kind @ ..]| (u32::from_be_bytes([*a, *b, *c, *d]), kind));
        let Some((length, kind)) = header else { break };
        let whole = usize::try_from(length).ok().and_then(|length| length.checked_add(FRAME));
        let next = whole.and_then(|whole| place.checked_add(whole)).filter(|next| *next <= body.len());
        if !is_shown(kind) {
            keep(begin, place);
            begin = next.unwrap_or(body.len());
        }
        place = next.unwrap_or(body.len());
        if kind == b"IEND" {
            break;
        }
    }
    keep(begin, place);
    parts
}

/// Whether a chunk has to do with what one sees. Those that no reader may skip begin with a capital.
fn is_shown(kind: &[u8; 4]) -> bool {
    kind.first().is_some_and(u8::is_ascii_uppercase) || SHOWN.contains(&kind)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
        let length = u32::try_from(data.len()).unwrap().to_be_bytes();
        // The checksum is not looked at.
        [&length[..], kind, data, b"crc!"].concat()
    }

    fn picture(chunks: &[Vec<u8>]) -> Vec<u8> {
        [SIGNATURE, &chunks.concat()].concat()
    }

    #[test]
    fn words_and_what_follows_the_end_go_and_everything_else_stays() {
        let kept = [
            chunk(b"IHDR", &[0; 13]),
            chunk(b"tIME", &[7; 7]),
            chunk(b"iCCP", b"profile"),
            chunk(b"IDAT", b"pixels with tEXt in them"),
            chunk(b"IDAT", b""),
            chunk(b"IEND", b""),
        ];
        let secrets = [b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"prVt"].map(|kind| chunk(kind, b"Comment\0canary"));
        for place in 1..kept.len() {
            let mut all = kept.to_vec();
            all.splice(place..place, secrets.iter().cloned());
            let trailing = [picture(&all), b"behind the end: canary".to_vec()].concat();
            assert_eq!(strip_png_text(&trailing), picture(&kept), "{place}");
        }
    }

    #[test]
    fn a_picture_without_words_is_borrowed() {
        let plain = picture(&[chunk(b"IHDR", &[0; 13]), chunk(b"IDAT", b"x"), chunk(b"IEND", b"")]);
        assert!(matches!(strip_png_text(&plain), Cow::Borrowed(bytes) if bytes == plain));
    }

    #[test]
    fn a_picture_that_is_cut_tells_no_words_either() {
        let words = chunk(b"tEXt", b"Comment\0canary");
        let whole = picture(&[chunk(b"IHDR", &[0; 13]), words.clone(), chunk(b"IDAT", b"pixels"), chunk(b"IEND", b"")]);
        for end in 0..whole.len() {
            let cut = whole.get(..end).unwrap();
            let stripped = strip_png_text(cut);
            assert!(!stripped.windows(3).any(|part| part == b"can"), "{end}");
            assert_eq!(strip_png_text(&stripped), stripped, "{end}");
        }
        // A chunk that claims more than there is takes the rest with it.
        let mut huge = picture(&[words, chunk(b"IEND", b"")]);
        huge.splice(8..12, [0xff; 4]);
        assert_eq!(strip_png_text(&huge), SIGNATURE);
        let many = picture(&vec![chunk(b"tEXt", b""); 1 << 20]);
        assert_eq!(strip_png_text(&many), SIGNATURE);
        for odd in [&b""[..], b"no picture", SIGNATURE] {
            assert!(matches!(strip_png_text(odd), Cow::Borrowed(bytes) if bytes == odd));
        }
    }
}
