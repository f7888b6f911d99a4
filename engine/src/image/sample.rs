//! The kinds of number that files of numbers hold.

mod sealed {
    pub trait Sealed {}
}

/// A number of 8 to 32 bits. Files hold it least byte first.
pub trait Sample: Copy + sealed::Sealed {
    /// How numpy calls it.
    const NUMPY: &'static str;
    /// Appends its bytes.
    fn put(self, bytes: &mut Vec<u8>);
}

macro_rules! sample {
    ($($number:ty, $numpy:literal;)*) => {$(
        impl sealed::Sealed for $number {}
        impl Sample for $number {
            const NUMPY: &'static str = $numpy;
            fn put(self, bytes: &mut Vec<u8>) {
                bytes.extend(self.to_le_bytes());
            }
        }
    )*};
}

sample! {
    u8, "|u1";
    u16, "<u2";
    u32, "<u4";
    i32, "<i4";
    f32, "<f4";
}
