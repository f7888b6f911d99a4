//! One voxel: four bytes of sRGB colour and alpha, not premultiplied.

/// A voxel's red, green, blue and alpha. Alpha 0 is an empty cell.
///
/// An empty cell has no colour: a volume stores and returns it as all zeros.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(transparent)]
pub struct Voxel(pub [u8; 4]);

impl Voxel {
    /// No voxel.
    pub const EMPTY: Voxel = Voxel([0; 4]);
    /// Opaque white.
    pub const WHITE: Voxel = Voxel([255; 4]);
    /// The least alpha that is drawn, meshed and exported.
    pub const SOLID_ALPHA: u8 = 127;

    /// An opaque voxel.
    pub const fn rgb(r: u8, g: u8, b: u8) -> Self {
        Self([r, g, b, 255])
    }

    /// The alpha byte.
    pub const fn alpha(self) -> u8 {
        self.0[3]
    }

    /// Whether there is no voxel: alpha is 0.
    pub const fn is_empty(self) -> bool {
        self.0[3] == 0
    }

    /// Whether the voxel is drawn: alpha is at least [`Voxel::SOLID_ALPHA`].
    pub const fn is_solid(self) -> bool {
        self.0[3] >= Self::SOLID_ALPHA
    }

    /// The voxel as stored: an empty one loses its colour.
    pub const fn normalized(self) -> Self {
        if self.is_empty() { Self::EMPTY } else { self }
    }
}

/// A colour and the greatest difference to it, per channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Like {
    /// The colour.
    pub color: Voxel,
    /// The greatest difference in red, green, blue and alpha.
    pub tolerance: [u8; 4],
}

impl Like {
    /// Whether the voxel is as near to the colour as that.
    pub fn takes(&self, voxel: Voxel) -> bool {
        (0..4).all(|i| voxel.0[i].abs_diff(self.color.0[i]) <= self.tolerance[i])
    }
}
