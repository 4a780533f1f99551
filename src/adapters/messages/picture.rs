//! Pictures that stand in a log as base64.

use crate::{bridge::unusable_picture, record::Value};
use data_encoding::BASE64;

/// Why a picture in a log cannot be kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PictureError {
    /// The text is not base64.
    #[error("it is not base64")]
    Base64,
    /// The bytes are no PNG, or too many.
    #[error("{0}")]
    Unusable(String),
}

/// A picture that stands in a log, not yet decoded. No `Debug`: pixels are content.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Picture<'a>(&'a str);

impl<'a> Picture<'a> {
    /// The picture's bytes: a PNG of at most 32 MiB.
    ///
    /// # Errors
    /// If it is not base64, no PNG, or too large.
    pub fn png(&self) -> Result<Vec<u8>, PictureError> {
        // Some logs break long texts into lines.
        let broken = self.0.contains(|c: char| c.is_ascii_whitespace());
        let joined = broken.then(|| self.0.split_ascii_whitespace().collect::<String>());
        let bytes = BASE64.decode(joined.as_deref().unwrap_or(self.0).as_bytes()).map_err(|_| PictureError::Base64)?;
        match unusable_picture(&bytes) {
            Some(problem) => Err(PictureError::Unusable(problem)),
            None => Ok(bytes),
        }
    }

    /// The picture that a content block or a tool's output is: an image of any of the three APIs with its bytes inside. One
    /// that is only pointed to, by URL or file id, is none.
    pub(super) fn of(block: &'a Value) -> Option<Self> {
        match block.get("type").and_then(Value::as_str)? {
            "image" => {
                let source = block.get("source")?;
                let inside = source.get("type").and_then(Value::as_str) == Some("base64");
                if inside { source.get("data")?.as_str().map(Self) } else { None }
            }
            "image_url" => Self::in_url(block.get("image_url")?),
            "input_image" | "computer_screenshot" => Self::in_url(block.get("image_url")?),
            _ => None,
        }
    }

    /// The last picture among the blocks of a content, or in a single one: what was seen in the end.
    pub(super) fn last_in(content: &'a Value) -> Option<Self> {
        match content {
            Value::Array(blocks) => blocks.iter().rev().find_map(Self::of),
            block => Self::of(block),
        }
    }

    fn in_url(url: &'a Value) -> Option<Self> {
        let url = url.as_str().or_else(|| url.get("url")?.as_str())?;
        let (kind, data) = url.strip_prefix("data:")?.split_once(',')?;
        kind.ends_with(";base64").then_some(Self(data))
    }
}
