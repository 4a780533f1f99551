//! Pictures without the words that programs write into them: text and camera data go, every pixel stays.

use std::borrow::Cow;

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// Length, type and checksum around the data of a chunk.
const FRAME: usize = 12;

/// More chunks than any encoder writes; such a picture is left as it is.
const MOST_CHUNKS: usize = 1 << 20;

/// The picture without its text and camera chunks (`tEXt`, `zTXt`, `iTXt`, `eXIf`), everything else byte for byte.
///
/// Nothing is decoded or unpacked; the work grows with the number of chunks. Bytes that are no well-formed PNG up to its
/// end come back unchanged, and so does whatever follows the end.
#[must_use]
pub fn strip_png_text(bytes: &[u8]) -> Cow<'_, [u8]> {
    match chunks_to_keep(bytes) {
        Some(kept) => {
            let mut out = Vec::with_capacity(bytes.len());
            kept.into_iter().for_each(|part| out.extend_from_slice(part));
            Cow::Owned(out)
        }
        None => Cow::Borrowed(bytes),
    }
}

/// The parts of the file that stay; `None` if all of it does.
fn chunks_to_keep(bytes: &[u8]) -> Option<Vec<&[u8]>> {
    let mut rest = bytes.strip_prefix(SIGNATURE)?;
    let (mut kept, mut begin, mut place) = (Vec::new(), 0, SIGNATURE.len());
    for _ in 0..MOST_CHUNKS {
        let length = usize::try_from(u32::from_be_bytes(*rest.first_chunk()?)).ok()?;
        let kind = rest.get(4..8)?;
        let (_, after) = rest.split_at_checked(length.checked_add(FRAME)?)?;
        let next = place + FRAME + length;
        if matches!(kind, b"tEXt" | b"zTXt" | b"iTXt" | b"eXIf") {
            kept.push(bytes.get(begin..place)?);
            begin = next;
        }
        if kind == b"IEND" {
            kept.push(bytes.get(begin..)?);
            return (begin > 0).then_some(kept);
        }
        (rest, place) = (after, next);
    }
    None
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
    fn text_and_camera_data_go_and_everything_else_stays() {
        let kept = [
            chunk(b"IHDR", &[0; 13]),
            chunk(b"tIME", &[7; 7]),
            chunk(b"iCCP", b"profile"),
            chunk(b"IDAT", b"pixels with tEXt in them"),
            chunk(b"IDAT", b""),
            chunk(b"IEND", b""),
        ];
        let secrets = [b"tEXt", b"zTXt", b"iTXt", b"eXIf"].map(|kind| chunk(kind, b"Comment\0canary"));
        for place in 1..kept.len() {
            let mut all = kept.to_vec();
            all.splice(place..place, secrets.iter().cloned());
            let trailing = [picture(&all), b"behind the end: tEXt".to_vec()].concat();
            let expected = [picture(&kept), b"behind the end: tEXt".to_vec()].concat();
            assert_eq!(strip_png_text(&trailing), expected, "{place}");
        }
    }

    #[test]
    fn a_picture_without_words_is_borrowed() {
        let plain = picture(&[chunk(b"IHDR", &[0; 13]), chunk(b"IDAT", b"x"), chunk(b"IEND", b"")]);
        assert!(matches!(strip_png_text(&plain), Cow::Borrowed(bytes) if bytes == plain));
    }

    #[test]
    fn what_is_no_whole_png_comes_back_unchanged() {
        let text = chunk(b"tEXt", b"a\0b");
        let whole = picture(&[chunk(b"IHDR", &[0; 13]), text.clone(), chunk(b"IEND", b"")]);
        // Cut at every place before the end.
        for end in 0..whole.len() {
            let cut = whole.get(..end).unwrap();
            assert!(matches!(strip_png_text(cut), Cow::Borrowed(bytes) if bytes == cut), "{end}");
        }
        let mut huge = picture(&[text]);
        huge.splice(8..12, [0xff; 4]);
        let many = picture(&vec![chunk(b"tEXt", b""); MOST_CHUNKS + 1]);
        for odd in [&b""[..], b"no picture", SIGNATURE, &huge, &many] {
            assert!(matches!(strip_png_text(odd), Cow::Borrowed(bytes) if bytes == odd));
        }
    }
}
