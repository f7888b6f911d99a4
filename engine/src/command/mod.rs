//! Every edit of a project as plain data: what the history, the log, the wire
//! and the C library all speak.

use crate::image::Picture;
use crate::math::{Mat4, Vec3};
use crate::ops::{
    ColorFilter, Extrusion, Morph, Motion, Neighbors, Painter, Relief, SelectMode, Shape, Spread,
};
use crate::scene::{LayerId, Light, Look, View};
use crate::volume::Like;
use crate::volume::{BlendMode, Bounds, Coord, Voxel};
use std::sync::Arc;

/// Who made an edit: an opaque number, 0 when unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Author(pub u64);

/// The layers that an edit of several goes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// The active one.
    #[default]
    Active,
    /// That one.
    Layer(LayerId),
    /// All plain ones, hidden ones too.
    All,
}

/// What a selection takes from a layer.
#[derive(Clone, Debug, PartialEq)]
pub enum Selector {
    /// All its voxels.
    All,
    /// Those whose centre lies in a box.
    Box(Mat4),
    /// Those connected to a voxel: the magic wand.
    Wand {
        /// The voxel it begins at.
        seed: Coord,
        /// How it spreads.
        spread: Spread,
    },
    /// Those of a colour.
    Color(Like),
    /// The voxels of all layers that wear a material, whichever layer is named.
    Material(Option<usize>),
    /// Those whose centre comes to lie in a rectangle of a picture.
    Rectangle {
        /// From the world to clip space: x and y over w, -1 to 1; behind the eye w <= 0.
        view: [f64; 16],
        /// The least x and y.
        low: [f64; 2],
        /// The greatest x and y.
        high: [f64; 2],
    },
    /// The filled ones of these places.
    Places(Vec<Coord>),
}

/// One edit. `layer: None` means the active layer.
///
/// A voxel of alpha 0 erases. Coordinates are any `i32`: nothing clips to the
/// work area.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Writes one voxel over whatever was there.
    SetVoxel {
        /// Where to.
        layer: Option<LayerId>,
        /// The place.
        at: Coord,
        /// The voxel, or an empty one.
        voxel: Voxel,
    },
    /// Writes many voxels in order; later ones win.
    SetVoxels {
        /// Where to.
        layer: Option<LayerId>,
        /// Places and voxels.
        voxels: Vec<(Coord, Voxel)>,
    },
    /// Recolours voxels that are there, alpha included; empty places stay empty.
    PaintVoxels {
        /// Where to.
        layer: Option<LayerId>,
        /// Places and their new voxels.
        voxels: Vec<(Coord, Voxel)>,
    },
    /// Writes a shape that fills a box of whole voxels.
    FillShape {
        /// Where to.
        layer: Option<LayerId>,
        /// Which shape.
        shape: Shape,
        /// The box it fills.
        bounds: Bounds,
        /// The voxel, or an empty one.
        voxel: Voxel,
    },
    /// Recolours the connected region around a voxel; an empty place is flooded only
    /// within a box.
    FloodFill {
        /// Where to.
        layer: Option<LayerId>,
        /// A voxel of the region.
        seed: Coord,
        /// The region's new voxel; an empty one erases it.
        voxel: Voxel,
        /// How it spreads.
        spread: Spread,
    },
    /// Blends a shape on a box into a layer.
    Paint {
        /// Where to.
        layer: Option<LayerId>,
        /// What and how.
        painter: Painter,
        /// Maps [-1, 1]^3 to the box.
        area: Mat4,
    },
    /// Draws a brush along points: its dabs are blended as one.
    Stroke {
        /// Where to.
        layer: Option<LayerId>,
        /// What and how.
        painter: Painter,
        /// The way, in voxels.
        points: Vec<Vec3>,
        /// Half the width, in voxels.
        radius: f64,
    },
    /// Draws a line through points, round and without gaps.
    Tube {
        /// Where to.
        layer: Option<LayerId>,
        /// How; its shape does not matter.
        painter: Painter,
        /// The way, in voxels.
        points: Vec<Vec3>,
        /// Half the width, in voxels; 0 for a line one voxel wide.
        radius: f64,
    },
    /// Blends a colour into the selected places: those of the mask, else those of the box.
    FillSelection {
        /// Where to.
        layer: Option<LayerId>,
        /// The colour.
        voxel: Voxel,
        /// How it meets what is there.
        mode: BlendMode,
    },
    /// Pulls a patch of a face out, or pushes it in; the selection follows.
    Extrude {
        /// Where.
        layer: Option<LayerId>,
        /// What.
        extrusion: Extrusion,
    },
    /// Clears the voxels whose centre is strictly above a plane.
    CutAbove {
        /// Where.
        layer: Option<LayerId>,
        /// A point of the plane.
        point: Vec3,
        /// Which way is above.
        normal: Vec3,
    },
    /// Swaps both halves of a box: the selection's, else the layer's, else the work area.
    Mirror {
        /// Where.
        scope: Scope,
        /// Across 0, 1, 2 for X, Y, Z.
        axis: u8,
    },
    /// Moves what is in that same box by one voxel; what leaves it enters on the other side.
    Wrap {
        /// Where.
        scope: Scope,
        /// Along 0, 1, 2 for X, Y, Z.
        axis: u8,
        /// Upwards or downwards.
        up: bool,
    },
    /// Clears the voxels outside the layer's box, or outside the work area.
    Crop {
        /// Where.
        layer: Option<LayerId>,
    },
    /// Moves a layer about its pivot, or only its selected voxels and the selection with them.
    Move {
        /// Which layer.
        layer: Option<LayerId>,
        /// How.
        motion: Motion,
    },
    /// Makes one voxel of each `factor`^3.
    Downsample {
        /// Where.
        layer: Option<LayerId>,
        /// 2 to 16.
        factor: u8,
    },
    /// Changes the colours of the selected voxels, or of all.
    Recolor {
        /// Where.
        layer: Option<LayerId>,
        /// How.
        filter: ColorFilter,
    },
    /// Adds to the alpha of the selected voxels, or of all; at 0 they go.
    ShiftAlpha {
        /// Where.
        layer: Option<LayerId>,
        /// -255 to 255.
        by: i16,
    },
    /// Gives each selected voxel, or all, the nearest colour of a palette.
    Remap {
        /// Where.
        layer: Option<LayerId>,
        /// The colours.
        palette: Vec<Voxel>,
    },
    /// Grows, shrinks, hollows or smooths the selected voxels, or all.
    Morph {
        /// Where.
        layer: Option<LayerId>,
        /// Which change.
        morph: Morph,
        /// What counts as a neighbour.
        neighbors: Neighbors,
        /// How many times.
        steps: u32,
    },
    /// Adds a picture's heights.
    Relief {
        /// Where to.
        layer: Option<LayerId>,
        /// Its brightness is the height.
        picture: Arc<Picture>,
        /// How.
        relief: Relief,
    },
    /// Makes an image layer one of voxels, a voxel for each pixel.
    ImageToVoxels {
        /// The image layer.
        layer: LayerId,
        /// What it shows.
        picture: Arc<Picture>,
    },
    /// Sets or drops the selection box.
    SelectBox {
        /// Maps [-1, 1]^3 to the box.
        area: Option<Mat4>,
    },
    /// Changes the mask of selected voxels.
    Select {
        /// Whose voxels.
        layer: Option<LayerId>,
        /// Which of them.
        selector: Selector,
        /// What becomes of the mask that is there.
        mode: SelectMode,
    },
    /// Drops mask and box.
    Deselect,
    /// Takes the selected voxels of a layer, or all, to the clipboard.
    Copy {
        /// Which layer.
        layer: Option<LayerId>,
    },
    /// As [`Command::Copy`], and clears them.
    Cut {
        /// Which layer.
        layer: Option<LayerId>,
    },
    /// Moves the selected voxels to a new layer on top.
    CutToLayer {
        /// Which layer.
        layer: Option<LayerId>,
    },
    /// Adds the clipboard, moved from the selection box of then to that of now if both are set.
    Paste {
        /// Where to.
        layer: Option<LayerId>,
    },
    /// Takes the selected voxels of a layer away: those of the mask, else those in the box, else all.
    ClearLayer {
        /// Which layer.
        layer: Option<LayerId>,
    },
    /// Adds an empty layer on top and makes it active.
    AddLayer {
        /// Its name; the next free "Layer.N" when absent.
        name: Option<String>,
        /// Whether it is drawn.
        visible: bool,
    },
    /// Removes a layer; the last one is replaced by an empty layer.
    DeleteLayer {
        /// Which layer.
        layer: LayerId,
    },
    /// Draws a layer's voxels over another's and removes the first.
    MergeLayers {
        /// The layer that goes.
        source: LayerId,
        /// The layer that receives.
        target: LayerId,
    },
    /// Shows or hides a layer.
    SetVisible {
        /// Which layer.
        layer: LayerId,
        /// Whether it is drawn.
        visible: bool,
    },
    /// Renames a layer.
    RenameLayer {
        /// Which layer.
        layer: LayerId,
        /// Its new name.
        name: String,
    },
    /// Moves a layer to a place in the stack.
    MoveLayer {
        /// Which layer.
        layer: LayerId,
        /// The index it gets, 0 at the bottom; the top when beyond.
        index: usize,
    },
    /// Makes a layer the one that edits without a layer go to.
    SetActive {
        /// Which layer.
        layer: LayerId,
    },
    /// Shows a layer alone; all layers, when it is shown alone already.
    Solo {
        /// Which layer.
        layer: LayerId,
    },
    /// Copies a layer, on top.
    DuplicateLayer {
        /// Which layer.
        layer: LayerId,
    },
    /// Adds a layer on top that shows another's voxels.
    CloneLayer {
        /// The base.
        layer: LayerId,
    },
    /// Makes a clone or a shape a plain layer with the voxels it shows.
    Unlink {
        /// Which layer.
        layer: LayerId,
    },
    /// Adds a layer that is a shape.
    AddShape {
        /// Which shape.
        shape: Shape,
        /// Its colour.
        color: Voxel,
        /// Its box: the selection's when absent, else 8 voxels in the middle of the work area.
        area: Option<Mat4>,
    },
    /// Changes a shape layer.
    SetShape {
        /// Which layer.
        layer: LayerId,
        /// Its new shape.
        shape: Shape,
        /// Its new colour.
        color: Voxel,
    },
    /// Adds a layer that shows a reference picture.
    AddImage {
        /// The picture's path, for whoever shows it.
        path: String,
        /// Maps the square [-1/2, 1/2]^2 to where it is shown.
        mat: Mat4,
    },
    /// Sets a layer's matrix: the pivot of a plain layer, the place of a clone, the box of a shape.
    Place {
        /// Which layer.
        layer: LayerId,
        /// The matrix.
        mat: Mat4,
    },
    /// Sets how a layer meets those below.
    SetMode {
        /// Which layer.
        layer: LayerId,
        /// How.
        mode: BlendMode,
    },
    /// Sets the material that a layer wears.
    Wear {
        /// Which layer.
        layer: LayerId,
        /// An index into the materials; the default looks when absent.
        material: Option<usize>,
    },
    /// Sets or drops a layer's own box.
    SetLayerBox {
        /// Which layer.
        layer: LayerId,
        /// Maps [-1, 1]^3 to the box.
        area: Option<Mat4>,
    },
    /// Merges a layer into the one below it, with its own mode.
    MergeDown {
        /// The upper layer.
        layer: LayerId,
    },
    /// Merges all visible layers into the topmost of them.
    MergeVisible,
    /// Sets the work area.
    SetArea {
        /// Maps [-1, 1]^3 to it.
        area: Mat4,
    },
    /// Sets the work area to the boxes and voxels of all layers.
    FitArea,
    /// Adds a material; layers added later wear the first.
    AddMaterial {
        /// What it looks like.
        look: Look,
    },
    /// Changes a material.
    SetMaterial {
        /// An index into the materials.
        index: usize,
        /// What it looks like.
        look: Look,
    },
    /// Removes a material; the layers that wear it get the default looks.
    DeleteMaterial {
        /// An index into the materials.
        index: usize,
    },
    /// Adds a camera and makes it the active one.
    AddCamera {
        /// What it sees.
        view: View,
    },
    /// Changes a camera.
    SetCamera {
        /// An index into the cameras.
        index: usize,
        /// What it sees.
        view: View,
    },
    /// Removes a camera; the last one stays.
    DeleteCamera {
        /// An index into the cameras.
        index: usize,
    },
    /// Makes a camera the active one.
    UseCamera {
        /// An index into the cameras.
        index: usize,
    },
    /// Sets the light; keys of files that we do not know stay.
    SetLight {
        /// The light.
        light: Light,
    },
    /// Gives the project as it is now a name that it can be restored by.
    Checkpoint {
        /// The name; one that is there moves to now.
        name: String,
    },
    /// Forgets a checkpoint.
    DropCheckpoint {
        /// Its name.
        name: String,
    },
    /// Makes the project what it was at a checkpoint, as one step.
    Restore {
        /// The checkpoint's name.
        name: String,
    },
    /// Carries out all of them or none, as one step. Groups hold no groups.
    Group(Vec<Command>),
}

impl Command {
    /// About how many voxels the edit visits at most, known before it runs.
    ///
    /// What can visit a whole layer says so with `layer_voxels`.
    pub fn cost(&self, layer_voxels: u64) -> u64 {
        match self {
            Command::SetVoxels { voxels, .. } | Command::PaintVoxels { voxels, .. } => {
                voxels.len() as u64
            }
            Command::FillShape { bounds, .. } => u64::try_from(bounds.voxels()).unwrap_or(u64::MAX),
            Command::Group(commands) => commands
                .iter()
                .fold(0, |sum: u64, each| sum.saturating_add(each.cost(layer_voxels))),
            Command::FloodFill { spread, .. } => {
                let within = spread.within.map_or(0, Bounds::voxels);
                layer_voxels.saturating_add(u64::try_from(within).unwrap_or(u64::MAX))
            }
            _ if self.is_constant() => 1,
            Command::Paint { painter, area, .. } => {
                layer_voxels.saturating_add(room_of(painter, area))
            }
            Command::Stroke { .. } | Command::Tube { .. } | Command::Relief { .. } => u64::MAX,
            _ => layer_voxels,
        }
    }

    /// Whether the edit takes the same time whatever the layers hold.
    const fn is_constant(&self) -> bool {
        matches!(
            self,
            Command::SetVoxel { .. }
                | Command::SelectBox { .. }
                | Command::Deselect
                | Command::AddLayer { .. }
                | Command::SetVisible { .. }
                | Command::RenameLayer { .. }
                | Command::MoveLayer { .. }
                | Command::SetActive { .. }
                | Command::Solo { .. }
                | Command::DuplicateLayer { .. }
                | Command::CloneLayer { .. }
                | Command::AddShape { .. }
                | Command::SetShape { .. }
                | Command::AddImage { .. }
                | Command::Place { .. }
                | Command::SetMode { .. }
                | Command::Wear { .. }
                | Command::SetLayerBox { .. }
                | Command::SetArea { .. }
                | Command::AddMaterial { .. }
                | Command::SetMaterial { .. }
                | Command::DeleteMaterial { .. }
                | Command::AddCamera { .. }
                | Command::SetCamera { .. }
                | Command::DeleteCamera { .. }
                | Command::UseCamera { .. }
                | Command::SetLight { .. }
                | Command::DropCheckpoint { .. }
                | Command::Restore { .. }
        )
    }
}

/// About how many voxels a painter's box holds, all its mirror images counted.
fn room_of(painter: &Painter, area: &Mat4) -> u64 {
    let [x, y, z] = [0, 1, 2].map(|axis| area.column(axis));
    let half = crate::math::dot(x, crate::math::cross(y, z)).abs();
    let images = 1 << painter.symmetry.axes.iter().filter(|axis| **axis).count();
    // `as` saturates, and NaN is 0: such a box holds nothing.
    (half * 8.0 * f64::from(images)) as u64
}
