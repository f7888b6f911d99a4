//! Materials: of colours in the file, of layers here.
//!
//! A layer gets a material where all its colours have the same one. Where they
//! differ it keeps the standard one: the voxels' colours say the most.

use super::chunks::{Dict, File, Voxels};
use crate::scene::Material;

/// The materials of a scene, and which one each model of the file has.
pub(super) struct Table {
    pub materials: Vec<Material>,
    pub of_model: Vec<usize>,
}

impl Table {
    pub(super) fn new(file: &File<'_>) -> Self {
        let mut materials = vec![Material::new("Material.1")];
        let mut number = |material: Option<&Material>| {
            let Some(material) = material else { return 0 };
            materials.iter().position(|known| known == material).unwrap_or_else(|| {
                materials.push(material.clone());
                materials.len() - 1
            })
        };
        let of_model =
            file.models.iter().map(|model| number(shared(file, &model.voxels))).collect();
        Self { materials, of_model }
    }
}

/// The material that all colours of the voxels have.
fn shared<'a>(file: &'a File<'_>, voxels: &Voxels<'_>) -> Option<&'a Material> {
    let used = used_colors(voxels);
    let mut found = (1..=u8::MAX).filter(|color| used[usize::from(*color)]);
    let first = file.materials.get(&found.next()?)?;
    found.all(|color| file.materials.get(&color) == Some(first)).then_some(first)
}

fn used_colors(voxels: &Voxels<'_>) -> [bool; 256] {
    let mut used = [false; 256];
    match voxels {
        Voxels::Listed(list) => {
            list.iter().for_each(|[_, _, _, color]| used[usize::from(*color)] = true);
        }
        Voxels::Dense(indices) => {
            indices.iter().for_each(|color| used[usize::from(*color)] = true);
        }
    }
    used
}

/// A colour's material, unless it is the plain one.
pub(super) fn parse(dict: &Dict<'_>) -> Option<Material> {
    let kind = dict.text("_type");
    let name = kind.strip_prefix('_').filter(|name| *name != "diffuse")?;
    let mut material = Material::new(name);
    material.roughness = number(dict, "_rough").unwrap_or(material.roughness);
    match name {
        "metal" => material.metallic = number(dict, "_metal").unwrap_or(1.0),
        "emit" => {
            let power = 1.0 + number(dict, "_flux").unwrap_or(0.0);
            material.emission = [number(dict, "_emit").unwrap_or(1.0) * power; 3];
        }
        "glass" | "blend" | "media" => {
            let transparency = number(dict, "_trans").map(|trans| 1.0 - trans);
            material.color[3] = number(dict, "_alpha").or(transparency).unwrap_or(1.0);
        }
        _ => return None,
    }
    Some(material)
}

/// A value that is a plain number, at least 0 and of sane size.
fn number(dict: &Dict<'_>, key: &str) -> Option<f32> {
    dict.text(key).parse().ok().filter(|value: &f32| (0.0..=1000.0).contains(value))
}
