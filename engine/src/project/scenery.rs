//! Commands that change what is beside the layers: work area, materials, cameras, light.

use super::{Done, Project, ProjectError};
use crate::composite::voxels_of_all;
use crate::math::Mat4;
use crate::scene::{Layer, Light, Look, Material, SceneCamera, View, clip_name};
use crate::volume::{Bounds, Volume};

impl Project {
    pub(super) fn set_area(&mut self, area: Mat4) -> Done {
        if area.inverse().is_none() {
            return Err(ProjectError::OutOfRange { what: "a work area has three finite sides" });
        }
        self.change_scene(self.scene.active, |scene| scene.area = area)
    }

    /// Around the box of each layer that has one, and the voxels of the others, hidden
    /// ones too (spec/engine.md 5). Without any the area stays.
    pub(super) fn fit_area(&mut self) -> Done {
        let voxels = voxels_of_all(&self.scene);
        let bounds_of = |(layer, volume): (&Layer, Volume)| match layer.bounds {
            Some(area) if area.is_set() => area.whole_voxels(),
            _ => volume.bounds(),
        };
        let layers = self.scene.layers.iter().zip(voxels);
        let bounds = layers.filter_map(bounds_of).reduce(Bounds::union);
        self.change_scene(self.scene.active, |scene| {
            scene.area = bounds.map_or(scene.area, Mat4::around);
        })
    }

    pub(super) fn check_material(&self, index: usize) -> Result<(), ProjectError> {
        check("material", index, self.scene.materials.len())
    }

    pub(super) fn add_material(&mut self, look: &Look) -> Done {
        self.check_listed("materials", self.scene.materials.len())?;
        self.change_scene(self.scene.active, |scene| {
            let mut material = Material::new("");
            wear(&mut material, look);
            scene.materials.push(material);
        })
    }

    pub(super) fn set_material(&mut self, index: usize, look: &Look) -> Done {
        self.check_material(index)?;
        self.change_scene(self.scene.active, |scene| {
            scene.materials.iter_mut().skip(index).take(1).for_each(|each| wear(each, look));
        })
    }

    /// Its layers get the default looks; those that wear a later one go on wearing it.
    pub(super) fn delete_material(&mut self, index: usize) -> Done {
        self.check_material(index)?;
        self.change_scene(self.scene.active, |scene| {
            scene.materials.remove(index);
            for layer in &mut scene.layers {
                layer.material = match layer.material {
                    Some(worn) if worn == index => None,
                    Some(worn) if worn > index => Some(worn - 1),
                    worn => worn,
                };
            }
        })
    }

    pub(super) fn add_camera(&mut self, view: &View) -> Done {
        self.check_listed("cameras", self.scene.cameras.len())?;
        self.change_scene(self.scene.active, |scene| {
            let mut camera = SceneCamera::new("");
            look(&mut camera, view);
            scene.active_camera = scene.cameras.len();
            scene.cameras.push(camera);
        })
    }

    pub(super) fn set_camera(&mut self, index: usize, view: &View) -> Done {
        check("camera", index, self.scene.cameras.len())?;
        self.change_scene(self.scene.active, |scene| {
            scene.cameras.iter_mut().skip(index).take(1).for_each(|each| look(each, view));
        })
    }

    pub(super) fn delete_camera(&mut self, index: usize) -> Done {
        check("camera", index, self.scene.cameras.len())?;
        if self.scene.cameras.len() == 1 {
            return Err(ProjectError::LastCamera);
        }
        self.change_scene(self.scene.active, |scene| {
            scene.cameras.remove(index);
            let used = scene.active_camera;
            let moved = used.saturating_sub(usize::from(used >= index));
            scene.active_camera = moved.min(scene.cameras.len() - 1);
        })
    }

    pub(super) fn use_camera(&mut self, index: usize) -> Done {
        check("camera", index, self.scene.cameras.len())?;
        self.change_scene(self.scene.active, |scene| scene.active_camera = index)
    }

    /// What the file's light had that we do not know stays.
    pub(super) fn set_light(&mut self, light: &Light) -> Done {
        self.change_scene(self.scene.active, |scene| {
            let extra = std::mem::take(&mut scene.light.extra);
            scene.light = Light { extra, ..light.clone() };
        })
    }

    const fn check_listed(&self, what: &'static str, count: usize) -> Result<(), ProjectError> {
        let max = self.limits.max_listed;
        if count >= max { Err(ProjectError::TooMany { what, max }) } else { Ok(()) }
    }
}

const fn check(what: &'static str, index: usize, count: usize) -> Result<(), ProjectError> {
    if index < count { Ok(()) } else { Err(ProjectError::NoSuch { what, index, count }) }
}

fn wear(material: &mut Material, look: &Look) {
    clip_name(&look.name).clone_into(&mut material.name);
    (material.color, material.metallic) = (look.color, look.metallic);
    (material.roughness, material.emission) = (look.roughness, look.emission);
}

fn look(camera: &mut SceneCamera, view: &View) {
    clip_name(&view.name).clone_into(&mut camera.name);
    (camera.dist, camera.ortho, camera.mat) = (view.dist, view.ortho, view.mat);
}
