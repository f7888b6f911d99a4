//! A penguin with a scarf: balls, hence good to look at in clay and rounded.

use super::brush::{block, empty, layer, soft, tint};
use goxel_engine::ops::Shape::{Cone, Cylinder, Sphere, Torus};
use goxel_engine::scene::Scene;
use goxel_engine::volume::Volume;

const NAVY: [u32; 3] = [0x2c_3e_5c, 0x2f_43_63, 0x29_3a_56];
const SNOW: [u32; 2] = [0xf6_f3_ec, 0xf1_ed_e4];
const ORANGE: [u32; 2] = [0xf2_9a_3c, 0xee_92_33];
const SCARF: [u32; 2] = [0xd9_4b_45, 0xd2_44_3f];
const STRIPE: [u32; 1] = [0xf8_e3_b8];
const ICE: [u32; 3] = [0xcf_e6_ef, 0xc4_de_ea, 0xda_ee_f4];

/// It stands on a floe and looks towards -Y.
pub fn penguin() -> Scene {
    let mut scene = empty([-24, -22, -5], [24, 20, 47]);
    layer(&mut scene, "floe", |v| {
        soft(v, Cylinder, [-25, -25, -6], [50, 50, 5], &ICE);
        soft(v, Cylinder, [-24, -24, -2], [48, 48, 2], &SNOW);
        soft(v, Sphere, [9, 5, -6], [13, 14, 12], &SNOW);
        soft(v, Sphere, [-22, 4, -4], [9, 10, 8], &SNOW);
    });
    // One layer: where soft edges of several meet, their colours would run.
    layer(&mut scene, "penguin", |v| {
        body(v);
        face(v);
        scarf(v);
    });
    layer(&mut scene, "fish", fish);
    scene
}

fn body(v: &mut Volume) {
    soft(v, Sphere, [-14, -12, 0], [28, 25, 34], &NAVY);
    tint(v, Sphere, [-11, -20, 0], [22, 20, 29], &SNOW);
    soft(v, Cone, [-4, 8, 0], [8, 9, 9], &NAVY);
    // Wings held a little out: balls that step away from the body as they go down.
    for (step, z) in (0..).zip([22, 19, 16, 13, 10]) {
        let out = 12 + step;
        soft(v, Sphere, [out, -6, z], [6, 11, 8], &NAVY);
        soft(v, Sphere, [-out - 6, -6, z], [6, 11, 8], &NAVY);
    }
    for x in [-11, 2] {
        soft(v, Sphere, [x, -16, -1], [9, 14, 4], &ORANGE);
    }
}

fn face(v: &mut Volume) {
    soft(v, Sphere, [-11, -10, 27], [22, 20, 20], &NAVY);
    for x in [-10, 0] {
        tint(v, Sphere, [x, -18, 31], [10, 20, 12], &SNOW);
    }
    tint(v, Sphere, [-8, -18, 25], [16, 20, 11], &SNOW);
    for x in [-7, 3] {
        tint(v, Sphere, [x, -14, 35], [4, 10, 5], &[0x1d_22_2c]);
        tint(v, Sphere, [x + 1, -14, 37], [2, 8, 2], &[0xff_ff_ff]);
    }
    for x in [-10, 6] {
        tint(v, Sphere, [x, -12, 31], [4, 8, 3], &[0xf4_b3_b0]);
    }
    soft(v, Sphere, [-3, -15, 31], [6, 10, 5], &ORANGE);
}

fn scarf(v: &mut Volume) {
    soft(v, Torus, [-13, -12, 24], [26, 24, 6], &SCARF);
    soft(v, Cylinder, [-9, -8, 25], [18, 16, 4], &SCARF);
    block(v, [4, -13, 11], [5, 3, 16], &SCARF);
    for z in [12, 17, 22] {
        block(v, [4, -13, z], [5, 3, 2], &STRIPE);
    }
}

fn fish(v: &mut Volume) {
    soft(v, Sphere, [-23, -15, -1], [12, 5, 6], &[0x7f_a8_bf, 0x76_9f_b7, 0x8b_b3_c8]);
    soft(v, Sphere, [-13, -14, -1], [5, 3, 7], &[0x5f_8a_a5]);
    block(v, [-21, -16, 2], [1, 1, 1], &[0x1d_22_2c]);
}
