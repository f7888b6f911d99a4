//! Commands drawn at random for the stack of layers and what is beside it.

use crate::draw::Draw;
use crate::state::{Layer, Model, SHAPES, boxed};
use goxel_engine::command::Command as C;
use goxel_engine::scene::{LayerId, LayerKind, Light, Look, View};
use goxel_engine::volume::BlendMode;

const NAMES: [&str; 7] = ["", "Layer.1", "lAyer.2", "shape", "x.7", "a.b", "x.08"];
const CHECKPOINTS: [&str; 5] = ["a", "b", "c", "d", ""];

impl Draw {
    pub fn stack(&mut self, model: &Model) -> C {
        let layer = self.id(model);
        match self.dice.below(76) {
            0..8 => {
                let name = self.dice.one_of(&[None, None, Some("x.7"), Some("Layer.3")]);
                C::AddLayer { name: name.map(str::to_owned), visible: !self.dice.once_in(4) }
            }
            8..20 => C::DeleteLayer { layer },
            20..26 => C::MergeLayers { source: layer, target: self.id(model) },
            26..32 => C::SetVisible { layer, visible: self.dice.once_in(2) },
            32..36 => C::RenameLayer { layer, name: self.name() },
            36..40 => C::MoveLayer { layer, index: self.dice.below(8) },
            40..50 => C::SetActive { layer },
            50..53 => C::Solo { layer },
            53..56 => C::DuplicateLayer { layer },
            56..61 => C::CloneLayer { layer },
            61..65 => {
                let plain = |layer: &&Layer| layer.kind == LayerKind::Plain;
                let other = model.now.layers.iter().find(|layer| !plain(layer));
                C::Unlink { layer: other.map_or(layer, |other| LayerId(other.id)) }
            }
            65..68 => {
                let area = self.whole_box();
                let area = self.dice.one_of(&[None, Some(area), Some(area)]);
                // Its box is the selection's when there is none; that may be as large as space.
                let area = if model.now.box_selected.is_some() {
                    area.or(Some(self.whole_box()))
                } else {
                    area
                };
                C::AddShape { shape: self.dice.one_of(&SHAPES), color: self.color(), area }
            }
            68..70 => C::SetShape { layer, shape: self.dice.one_of(&SHAPES), color: self.color() },
            70 => {
                let mat = boxed([3.0, -2.0, 40.0], [2.0, 4.0, 1.0]);
                C::AddImage { path: "a.png".into(), mat }
            }
            71..75 => C::MergeDown { layer },
            _ => C::MergeVisible,
        }
    }

    fn name(&mut self) -> String {
        match self.dice.below(10) {
            0 => "é".repeat(130),
            1 => "y".repeat(300),
            _ => self.dice.one_of(&NAMES).to_owned(),
        }
    }

    pub fn scenery(&mut self, model: &Model) -> C {
        let layer = self.id(model);
        let index = self.dice.below(4);
        let name = self.dice.one_of(&CHECKPOINTS).to_owned();
        match self.dice.below(46) {
            0..4 => self.place(model),
            4..9 => C::SetMode { layer, mode: self.dice.one_of(&BlendMode::ALL) },
            9..12 => C::Wear { layer, material: self.dice.one_of(&[None, Some(0), Some(index)]) },
            12..17 => {
                let area = self.whole_box();
                C::SetLayerBox { layer, area: self.dice.one_of(&[None, Some(area), Some(area)]) }
            }
            17..20 => {
                let mut area = self.whole_box();
                if self.dice.once_in(5) {
                    area.0[5] = 0.0;
                }
                C::SetArea { area }
            }
            20 => C::FitArea,
            21..23 => C::AddMaterial { look: self.look() },
            23 => C::SetMaterial { index, look: self.look() },
            24 => C::DeleteMaterial { index },
            25..27 => C::AddCamera { view: self.view() },
            27 => C::SetCamera { index, view: self.view() },
            28 => C::DeleteCamera { index },
            29 => C::UseCamera { index },
            30 => C::SetLight { light: Light { yaw: index as f32, ..Light::default() } },
            31..37 => C::Checkpoint { name },
            37..40 => C::DropCheckpoint { name },
            _ => C::Restore { name },
        }
    }

    /// A matrix that is right for the layer's kind.
    fn place(&mut self, model: &Model) -> C {
        let layer = self.id(model);
        let mat = match model.now.layer(layer.0).map(|layer| &layer.kind) {
            Some(LayerKind::Shape { .. }) => self.whole_box(),
            Some(LayerKind::Clone { .. }) => {
                let step = [0; 3].map(|_| self.dice.between(-20, 20) as f32);
                let scale = self.dice.one_of(&[[1.0; 3], [-1.0, 1.0, 1.0], [2.0, 1.0, 1.0]]);
                boxed(step, scale)
            }
            _ => {
                let pivot = [0; 3].map(|_| self.dice.between(-20, 20) as f32 / 2.0);
                boxed(pivot, [4.0, 2.0, 1.0])
            }
        };
        C::Place { layer, mat }
    }

    fn look(&mut self) -> Look {
        let metallic = self.dice.below(3) as f32;
        Look {
            name: self.name(),
            color: [1.0, 0.5, 0.25, 1.0],
            metallic,
            roughness: 0.5,
            emission: [0.0; 3],
        }
    }

    fn view(&mut self) -> View {
        View { name: self.name(), dist: 3.0, ortho: self.dice.once_in(2), mat: self.whole_box() }
    }
}
