//! How one point of a surface that looks anywhere reflects sunlight: `light.rs` does it for
//! faces, 64 at a time. Light is linear; vectors are unit vectors.

use super::light::{REFLECTANCE, exp2, lobe};

/// The part of sunlight of strength 1 that a surface with that normal sends towards `eye`.
/// `sun` points to the sun; a surface turned away from it sends nothing.
pub(super) fn reflect(
    normal: [f32; 3],
    sun: [f32; 3],
    eye: [f32; 3],
    base: [f32; 3],
    [metallic, roughness]: [f32; 2],
) -> [f32; 3] {
    let half = normalize([sun[0] + eye[0], sun[1] + eye[1], sun[2] + eye[2]]);
    let (nl, nv) = (cosine(normal, sun), cosine(normal, eye));
    let (nh, lh) = (cosine(normal, half), cosine(sun, half));
    let fall = exp2((-5.55473 * lh - 6.98316) * lh);
    let lobe = lobe(roughness, [nl, nv, nh]);
    base.map(|base| {
        let diffuse = base * (1.0 - REFLECTANCE) * (1.0 - metallic);
        let spec = REFLECTANCE + (base - REFLECTANCE) * metallic;
        let fresnel = spec + (1.0 - spec) * fall;
        let back = (1.0 - fresnel) * diffuse * std::f32::consts::FRAC_1_PI;
        (nl * (back + fresnel * lobe)).max(0.0)
    })
}

fn dot(a: [f32; 3], b: [f32; 3]) -> f32 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

fn cosine(a: [f32; 3], b: [f32; 3]) -> f32 {
    dot(a, b).clamp(0.0, 1.0)
}

fn normalize(v: [f32; 3]) -> [f32; 3] {
    let length = dot(v, v).sqrt();
    if length > 0.0 { v.map(|value| value / length) } else { v }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::srgb::CURVE;

    /// White under the default light and material, seen from the default direction.
    #[track_caller]
    fn check(normal: [f32; 3], expected: f32) {
        let (sun, eye) = ([0.2962, 0.1710, 0.9397], [0.5, -0.5, 0.70710677]);
        let reflected = reflect(normal, sun, eye, [1.0; 3], [0.2, 0.5])[0];
        let seen = 2.0 * reflected + 0.3;
        assert!((seen - expected).abs() < 0.001, "{normal:?}: {seen}");
    }

    #[test]
    fn the_references_of_the_spec_are_met() {
        check([0., 0., 1.], 0.697);
        check([1., 0., 0.], 0.416);
        check([0., -1., 0.], 0.300);
        assert_eq!([0.697, 0.416, 0.300].map(|light| CURVE.encode(light)), [217, 173, 149]);
    }

    #[test]
    fn every_material_and_angle_gives_light() {
        let steps = [0.0, 0.3, 1.0];
        let directions = [[0., 0., 1.], [0., 0., -1.], [0.6, 0.8, 0.], [0.; 3]];
        for (sun, eye) in directions.iter().flat_map(|a| directions.iter().map(move |b| (a, b))) {
            for (metallic, roughness) in
                steps.iter().flat_map(|a| steps.iter().map(move |b| (a, b)))
            {
                let light = reflect([0., 0., 1.], *sun, *eye, steps, [*metallic, *roughness]);
                assert!(light.iter().all(|l| l.is_finite() && *l >= 0.0), "{light:?}");
            }
        }
    }
}
