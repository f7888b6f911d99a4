//! The table of commands: a number each, fixed for ever, and the fields in their order.

use super::code::{Code, Input, numbered};
use super::error::DecodeError;
use crate::command::{Command, Scope, Selector};

numbered! { Command, "command", lists by take_group {
    1 => SetVoxel { layer, at, voxel },
    2 => SetVoxels { layer, voxels },
    3 => PaintVoxels { layer, voxels },
    4 => FillShape { layer, shape, bounds, voxel },
    5 => FloodFill { layer, seed, voxel, spread },
    6 => Paint { layer, painter, area },
    7 => Stroke { layer, painter, points, radius },
    8 => Tube { layer, painter, points, radius },
    9 => FillSelection { layer, voxel, mode },
    10 => Extrude { layer, extrusion },
    11 => CutAbove { layer, point, normal },
    12 => Mirror { scope, axis },
    13 => Wrap { scope, axis, up },
    14 => Crop { layer },
    15 => Move { layer, motion },
    16 => Downsample { layer, factor },
    17 => Recolor { layer, filter },
    18 => ShiftAlpha { layer, by },
    19 => Remap { layer, palette },
    20 => Morph { layer, morph, neighbors, steps },
    21 => Relief { layer, picture, relief },
    22 => ImageToVoxels { layer, picture },
    23 => SelectBox { area },
    24 => Select { layer, selector, mode },
    25 => Deselect,
    26 => Copy { layer },
    27 => Cut { layer },
    28 => CutToLayer { layer },
    29 => Paste { layer },
    30 => ClearLayer { layer },
    31 => AddLayer { name, visible },
    32 => DeleteLayer { layer },
    33 => MergeLayers { source, target },
    34 => SetVisible { layer, visible },
    35 => RenameLayer { layer, name },
    36 => MoveLayer { layer, index },
    37 => SetActive { layer },
    38 => Solo { layer },
    39 => DuplicateLayer { layer },
    40 => CloneLayer { layer },
    41 => Unlink { layer },
    42 => AddShape { shape, color, area },
    43 => SetShape { layer, shape, color },
    44 => AddImage { path, mat },
    45 => Place { layer, mat },
    46 => SetMode { layer, mode },
    47 => Wear { layer, material },
    48 => SetLayerBox { layer, area },
    49 => MergeDown { layer },
    50 => MergeVisible,
    51 => SetArea { area },
    52 => FitArea,
    53 => AddMaterial { look },
    54 => SetMaterial { index, look },
    55 => DeleteMaterial { index },
    56 => AddCamera { view },
    57 => SetCamera { index, view },
    58 => DeleteCamera { index },
    59 => UseCamera { index },
    60 => SetLight { light },
    61 => Checkpoint { name },
    62 => DropCheckpoint { name },
    63 => Restore { name },
    64 => Group(commands),
} }

numbered! { Scope, "scope" {
    0 => Active,
    1 => Layer(layer),
    2 => All,
} }

numbered! { Selector, "selector" {
    0 => All,
    1 => Box(area),
    2 => Wand { seed, spread },
    3 => Color(like),
    4 => Material(material),
    5 => Rectangle { view, low, high },
    6 => Places(places),
} }

/// The commands of a group, which hold no groups.
pub(super) fn take_group(input: &mut Input<'_>) -> Result<Vec<Command>, DecodeError> {
    let from = input.offset();
    if input.in_group {
        return Err(DecodeError::broken(from, "a group in a group"));
    }
    input.in_group = true;
    let count = input.count_of("commands in a group", input.limits.max_commands)?;
    let commands = input.items(count)?;
    input.in_group = false;
    Ok(commands)
}
