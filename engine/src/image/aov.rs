//! What a pixel knows besides its colour, as 16 bits for a PNG.
//!
//! Each function is one fixed mapping, documented so that a reader can undo it. Those who need
//! every bit take `npy` or `raw`.

/// Depths in 16 bits, and what it takes to undo that.
#[derive(Clone, Debug, PartialEq)]
pub struct DepthMap {
    /// 0 is [`Self::near`], 65534 is [`Self::far`], linear between; 65535 is where nothing was hit.
    pub samples: Vec<u16>,
    /// The least depth that was hit; 0 when none was.
    pub near: f32,
    /// The greatest; 0 when none was.
    pub far: f32,
}

/// Depths from the nearest to the farthest one; what is not finite was no hit.
///
/// `depth = near + sample / 65534 * (far - near)`.
pub fn depth_to_u16(depths: &[f32]) -> DepthMap {
    let finite = || depths.iter().copied().filter(|depth| depth.is_finite());
    let near = finite().reduce(f32::min).unwrap_or(0.0);
    let far = finite().reduce(f32::max).unwrap_or(0.0);
    let (start, range) = (f64::from(near), f64::from(far) - f64::from(near));
    let sample = |depth: &f32| match depth.is_finite() {
        false => u16::MAX,
        true if range == 0.0 => 0,
        true => ((f64::from(*depth) - start) / range * 65_534.0 + 0.5) as u16,
    };
    DepthMap { samples: depths.iter().map(sample).collect(), near, far }
}

/// Unit vectors: each part from -1..1 to 0..65535, `(n * 0.5 + 0.5) * 65535` to the
/// nearest. The zero vector of a pixel without a surface becomes 32768 thrice.
pub fn normals_to_u16(normals: &[[f32; 3]]) -> Vec<[u16; 3]> {
    normals.iter().map(|normal| normal.map(|part| unit(part * 0.5 + 0.5))).collect()
}

/// Parts of a pixel, or linear light: 0..1 to 0..65535 to the nearest. What is outside is clamped,
/// NaN is 0.
pub fn coverage_to_u16(coverage: &[f32]) -> Vec<u16> {
    coverage.iter().copied().map(unit).collect()
}

/// Ids as they are; those over 65535 become 65535.
pub fn ids_to_u16(ids: &[u32]) -> Vec<u16> {
    ids.iter().map(|id| u16::try_from(*id).unwrap_or(u16::MAX)).collect()
}

/// Voxel coordinates modulo 65536: -1 becomes 65535.
pub fn coordinates_to_u16(coordinates: &[[i32; 3]]) -> Vec<[u16; 3]> {
    coordinates.iter().map(|at| at.map(|axis| axis as u16)).collect()
}

fn unit(value: f32) -> u16 {
    (f64::from(value) * 65_535.0 + 0.5) as u16
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn depths_span_all_but_the_last_number() {
        let check = |depths: &[f32], samples: &[u16], near, far| {
            assert_eq!(depth_to_u16(depths), DepthMap { samples: samples.to_vec(), near, far });
        };
        let miss = f32::INFINITY;
        check(&[10.0, 20.0, miss, 30.0], &[0, 32_767, 65_535, 65_534], 10.0, 30.0);
        check(&[5.0, 5.0], &[0, 0], 5.0, 5.0);
        check(&[miss, f32::NAN, -miss], &[65_535; 3], 0.0, 0.0);
        check(&[f32::MAX, f32::MIN, miss], &[65_534, 0, 65_535], f32::MIN, f32::MAX);
        check(&[], &[], 0.0, 0.0);
    }

    #[test]
    fn axes_of_a_normal_are_ends_and_middle() {
        let normals = [[-1.0, 0.0, 1.0], [0.0; 3], [-3.0, f32::NAN, 3.0]];
        assert_eq!(normals_to_u16(&normals), [[0, 32_768, 65_535], [32_768; 3], [0, 0, 65_535]]);
    }

    #[test]
    fn numbers_out_of_range_are_clamped_or_wrapped_as_documented() {
        let parts = [0.0, 0.5, 1.0, -1.0, 2.0, f32::NAN];
        assert_eq!(coverage_to_u16(&parts), [0, 32_768, 65_535, 0, 65_535, 0]);
        assert_eq!(ids_to_u16(&[0, 7, 65_535, 65_536, u32::MAX]), [0, 7, 65_535, 65_535, 65_535]);
        let ends = [[-1, 0, 65_536], [i32::MIN, i32::MAX, 70_000]];
        assert_eq!(coordinates_to_u16(&ends), [[65_535, 0, 0], [0, 65_535, 4464]]);
    }

    proptest! {
        #[test]
        fn depths_can_be_told_again(depths in prop::collection::vec(0.0_f32..1e6, 1..50)) {
            let map = depth_to_u16(&depths);
            let range = f64::from(map.far) - f64::from(map.near);
            for (sample, depth) in map.samples.iter().zip(&depths) {
                let told = f64::from(map.near) + f64::from(*sample) / 65_534.0 * range;
                prop_assert!((told - f64::from(*depth)).abs() <= range / 131_000.0);
            }
        }
    }
}
