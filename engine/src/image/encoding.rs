//! The table of picture files: names, types, and who writes them.

use super::{Picture, WriteError, bmp, jpeg, png, raw};
use crate::parallel::Threads;

/// How much work goes into a smaller file of the same pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Effort {
    /// As good as none.
    #[default]
    Fast,
    /// Seconds where it takes them.
    Small,
}

/// A kind of picture file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// All pixels exactly, with alpha: [`png::encode`] or [`png::encode_smallest`].
    Png(Effort),
    /// Nearly, without alpha: [`jpeg::encode`].
    Jpeg {
        /// 1 to 100.
        quality: u8,
        /// What see-through pixels are laid over: sRGB.
        matte: [u8; 3],
    },
    /// All pixels exactly, not compressed: [`bmp::encode`].
    Bmp,
    /// Just the pixels: [`raw::encode`].
    Raw,
}

impl Encoding {
    /// One of each, with what is used where nobody says: quality 90 over white.
    pub const ALL: [Encoding; 4] = [
        Encoding::Png(Effort::Fast),
        Encoding::Jpeg { quality: 90, matte: [255; 3] },
        Encoding::Bmp,
        Encoding::Raw,
    ];

    /// The one that a name or a file's extension (without its dot) means, whatever the case:
    /// `png`, `jpeg` or `jpg`, `bmp`, `raw` or `rgba`.
    pub fn from_name(name: &str) -> Option<Self> {
        let name = name.trim().to_ascii_lowercase();
        Self::ALL.into_iter().find(|encoding| encoding.names().contains(&name.as_str()))
    }

    /// With this quality, where it has one.
    pub fn with_quality(self, quality: u8) -> Self {
        match self {
            Encoding::Jpeg { matte, .. } => Encoding::Jpeg { quality, matte },
            other => other,
        }
    }

    /// With see-through pixels over this colour, where it has no alpha.
    pub fn with_matte(self, matte: [u8; 3]) -> Self {
        match self {
            Encoding::Jpeg { quality, .. } => Encoding::Jpeg { quality, matte },
            other => other,
        }
    }

    /// With this effort, where it makes a difference.
    pub fn with_effort(self, effort: Effort) -> Self {
        match self {
            Encoding::Png(_) => Encoding::Png(effort),
            other => other,
        }
    }

    /// Its name first, then the others that it answers to.
    const fn names(self) -> &'static [&'static str] {
        match self {
            Encoding::Png(_) => &["png"],
            Encoding::Jpeg { .. } => &["jpeg", "jpg"],
            Encoding::Bmp => &["bmp"],
            Encoding::Raw => &["raw", "rgba"],
        }
    }

    /// Its name: `png`, `jpeg`, `bmp` or `raw`.
    pub const fn name(self) -> &'static str {
        self.names()[0]
    }

    /// How its files end: `png`, `jpg`, `bmp` or `rgba`.
    pub const fn extension(self) -> &'static str {
        let names = self.names();
        names[names.len() - 1]
    }

    /// Its media type.
    pub const fn mime_type(self) -> &'static str {
        match self {
            Encoding::Png(_) => "image/png",
            Encoding::Jpeg { .. } => "image/jpeg",
            Encoding::Bmp => "image/bmp",
            Encoding::Raw => "application/octet-stream",
        }
    }

    /// The picture as such a file: the same bytes for any number of threads.
    ///
    /// ```
    /// use goxel_engine::image::{Encoding, Picture};
    /// use goxel_engine::parallel::Threads;
    /// let picture = Picture { width: 2, height: 1, pixels: vec![[255, 0, 0, 255]; 2] };
    /// let file = Encoding::from_name("PNG").unwrap().encode(&picture, Threads(1)).unwrap();
    /// assert!(file.starts_with(b"\x89PNG"));
    /// ```
    pub fn encode(self, picture: &Picture, threads: Threads) -> Result<Vec<u8>, WriteError> {
        match self {
            Encoding::Png(Effort::Fast) => png::encode_on(picture, threads),
            Encoding::Png(Effort::Small) => png::encode_smallest(picture),
            Encoding::Jpeg { quality, matte } => jpeg::encode(picture, quality, matte),
            Encoding::Bmp => bmp::encode(picture),
            Encoding::Raw => raw::encode(picture),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_extensions_lead_back() {
        for encoding in Encoding::ALL {
            assert_eq!(Encoding::from_name(encoding.name()), Some(encoding));
            assert_eq!(Encoding::from_name(encoding.extension()), Some(encoding));
        }
        assert_eq!(Encoding::from_name(" JPG "), Encoding::from_name("jpeg"));
        for unknown in ["", "gif", ".png", "image/png"] {
            assert_eq!(Encoding::from_name(unknown), None, "{unknown:?}");
        }
    }

    #[test]
    fn files_are_what_they_are_called() {
        let picture = Picture { width: 9, height: 600, pixels: vec![[1, 2, 3, 200]; 5400] };
        let starts: [&[u8]; 4] = [b"\x89PNG\r\n", b"\xFF\xD8\xFF", b"BM", &[1, 2, 3, 200]];
        let small = Encoding::Png(Effort::Small);
        for (encoding, start) in Encoding::ALL.into_iter().zip(starts).chain([(small, starts[0])]) {
            let [one, many] = [1, 5].map(|n| encoding.encode(&picture, Threads(n)).unwrap());
            assert!(one.starts_with(start), "{encoding:?}");
            assert_eq!(one, many, "{encoding:?}");
        }
    }

    #[test]
    fn pixels_that_are_no_picture_are_refused() {
        for (width, height, count) in [(0, 0, 0), (0, 5, 0), (3, 3, 8), (u32::MAX, u32::MAX, 1)] {
            let picture = Picture { width, height, pixels: vec![[0; 4]; count] };
            for encoding in Encoding::ALL {
                let refused = WriteError::WrongPixels { width, height, pixels: count as u64 };
                assert_eq!(encoding.encode(&picture, Threads(2)), Err(refused), "{encoding:?}");
            }
        }
    }

    #[test]
    fn settings_go_where_they_are_used() {
        let set = |encoding: Encoding| {
            encoding.with_quality(7).with_matte([1, 2, 3]).with_effort(Effort::Small)
        };
        let expected = [
            Encoding::Png(Effort::Small),
            Encoding::Jpeg { quality: 7, matte: [1, 2, 3] },
            Encoding::Bmp,
            Encoding::Raw,
        ];
        assert_eq!(Encoding::ALL.map(set), expected);
    }
}
