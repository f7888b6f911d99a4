//! The table of methods: the API, in the order `list_methods` reports it.

use crate::error::INTERNAL_ERROR;
use crate::handlers::{layer, project, shape, utility, voxel, voxel_list};
use crate::method::Handler::{Ask, Edit, Open, Read};
use crate::method::{Method, Refusal};

/// All methods.
pub(crate) const METHODS: &[Method] = &[
    Method {
        name: "echo",
        aliases: &["system.echo"],
        positional: &[],
        ignored: &[],
        about: "Returns its parameters",
        refusal: Refusal::NONE,
        handler: Ask(utility::echo),
    },
    Method {
        name: "version",
        aliases: &["get_version", "system.get_version"],
        positional: &[],
        ignored: &[],
        about: "The version of the program and its protocol",
        refusal: Refusal::NONE,
        handler: Ask(utility::version),
    },
    Method {
        name: "status",
        aliases: &[],
        positional: &[],
        ignored: &[],
        about: "The state of the program: process, time, memory",
        refusal: Refusal::NONE,
        handler: Ask(utility::status),
    },
    Method {
        name: "ping",
        aliases: &["system.ping"],
        positional: &[],
        ignored: &[],
        about: "Answers at once",
        refusal: Refusal::NONE,
        handler: Ask(utility::ping),
    },
    Method {
        name: "list_methods",
        aliases: &["system.list_methods"],
        positional: &[],
        ignored: &[],
        about: "Lists all methods",
        refusal: Refusal::NONE,
        handler: Ask(utility::list_methods),
    },
    Method {
        name: "add_voxels",
        aliases: &["add_voxel_batch", "add_voxels_batch", "batch_add_voxels", "voxel.add_batch"],
        positional: &["voxels", "layer_id"],
        ignored: &["options"],
        about: "Adds a list of voxels, or one place with a brush",
        refusal: Refusal(-1004, "Failed to add voxel: error code -1"),
        handler: Edit(voxel_list::add),
    },
    Method {
        name: "goxel.create_project",
        aliases: &["project.create", "goxel_create_project"],
        positional: &["name", "width", "height", "depth"],
        ignored: &["background_color", "options"],
        about: "Replaces the current project by an empty one",
        refusal: Refusal(-1001, "Failed to create project: error code -1"),
        handler: Open(project::create),
    },
    Method {
        name: "goxel.get_status",
        aliases: &["daemon.status", "daemon.stats", "system.get_status", "get_daemon_status"],
        positional: &[],
        ignored: &[],
        about: "The current project in short",
        refusal: Refusal::NONE,
        handler: Ask(project::status),
    },
    Method {
        name: "goxel.get_project_info",
        aliases: &["project.get_info"],
        positional: &["project_id"],
        ignored: &[],
        about: "The current project: size, voxels, memory",
        refusal: Refusal::NONE,
        handler: Read(project::info),
    },
    Method {
        name: "goxel.get_bounding_box",
        aliases: &[],
        positional: &["layer_id", "exact"],
        ignored: &[],
        about: "The smallest box around a layer's voxels; layer -2 is all",
        refusal: Refusal(INTERNAL_ERROR, "Failed to get bounding box"),
        handler: Read(project::bounding_box),
    },
    Method {
        name: "goxel.add_voxel",
        aliases: &["voxel.add"],
        positional: &["x", "y", "z", "r", "g", "b", "a", "layer_id"],
        ignored: &[],
        about: "Adds one voxel, or a brush of them; alpha 0 erases",
        refusal: Refusal(-1004, "Failed to add voxel: error code -1"),
        handler: Edit(voxel::add),
    },
    Method {
        name: "goxel.remove_voxel",
        aliases: &["remove_voxels", "voxel.remove"],
        positional: &["x", "y", "z", "layer_id"],
        ignored: &[],
        about: "Removes one voxel, a brush, a list or a box of them",
        refusal: Refusal(-1005, "Failed to remove voxel: error code -1"),
        handler: Edit(voxel::remove),
    },
    Method {
        name: "goxel.get_voxel",
        aliases: &["get_voxel_info", "voxel.get"],
        positional: &["x", "y", "z", "layer_id"],
        ignored: &[],
        about: "Reads one voxel",
        refusal: Refusal(-1006, "Failed to get voxel: error code -1"),
        handler: Ask(voxel::get),
    },
    Method {
        name: "goxel.paint_voxels",
        aliases: &["paint_voxel", "voxel.paint"],
        positional: &["x", "y", "z", "r", "g", "b", "a", "layer_id"],
        ignored: &[],
        about: "Recolours one voxel or a list of them",
        refusal: Refusal(-1009, "Failed to paint voxel: error code -1"),
        handler: Edit(voxel::paint),
    },
    Method {
        name: "goxel.flood_fill",
        aliases: &["fill_region"],
        positional: &["x", "y", "z", "r", "g", "b", "a", "layer_id"],
        ignored: &[],
        about: "Recolours the connected region of one colour around a voxel",
        refusal: Refusal(-1010, "Failed to perform flood fill"),
        handler: Edit(shape::flood),
    },
    Method {
        name: "goxel.procedural_shape",
        aliases: &[
            "shape.cube",
            "shape.box",
            "shape.sphere",
            "shape.cylinder",
            "shape.cone",
            "shape.pyramid",
            "shape.torus",
        ],
        positional: &[
            "shape_type",
            "size_x",
            "size_y",
            "size_z",
            "center_x",
            "center_y",
            "center_z",
            "r",
            "g",
            "b",
            "a",
            "layer_id",
        ],
        ignored: &[],
        about: "Adds a cube, sphere, cylinder, cone, pyramid or torus",
        refusal: Refusal(-1011, "Shape type not implemented yet"),
        handler: Edit(shape::procedural),
    },
    Method {
        name: "goxel.clear_voxels",
        aliases: &["voxel.clear"],
        positional: &["layer_id"],
        ignored: &[],
        about: "Removes all voxels of a layer",
        refusal: Refusal(INTERNAL_ERROR, "Failed to clear voxels: error code -1"),
        handler: Edit(layer::clear),
    },
    Method {
        name: "goxel.list_layers",
        aliases: &["get_layers", "layer.get_list"],
        positional: &[],
        ignored: &[],
        about: "Lists the layers, bottom first",
        refusal: Refusal::NONE,
        handler: Ask(layer::list),
    },
    Method {
        name: "goxel.create_layer",
        aliases: &["new_layer", "layer.create", "layer.add"],
        positional: &["name", "r", "g", "b", "visible"],
        ignored: &[],
        about: "Adds an empty layer on top and makes it active",
        refusal: Refusal(-1008, "Failed to create layer: error code -1"),
        handler: Edit(layer::create),
    },
    Method {
        name: "goxel.delete_layer",
        aliases: &["layer.delete"],
        positional: &["layer_id", "layer_name"],
        ignored: &[],
        about: "Removes a layer",
        refusal: Refusal(-1012, "Failed to delete layer: error code -1"),
        handler: Edit(layer::delete),
    },
    Method {
        name: "goxel.merge_layers",
        aliases: &["layer.merge"],
        positional: &["source_layer_id", "target_layer_id"],
        ignored: &[],
        about: "Draws one layer over another and removes the first",
        refusal: Refusal(-1013, "Failed to merge layers: error code -1"),
        handler: Edit(layer::merge),
    },
    Method {
        name: "goxel.set_layer_visibility",
        aliases: &["layer.set_visibility"],
        positional: &["layer_id", "visible"],
        ignored: &[],
        about: "Shows or hides a layer",
        refusal: Refusal(-1014, "Failed to set layer visibility: error code -1"),
        handler: Edit(layer::set_visible),
    },
    Method {
        name: "goxel.set_active_layer",
        aliases: &["select_layer", "layer.set_active", "layer.select"],
        positional: &["layer_id"],
        ignored: &[],
        about: "Chooses the layer that edits go to",
        refusal: Refusal(INTERNAL_ERROR, "Failed to set active layer: error code -1"),
        handler: Edit(layer::set_active),
    },
    Method {
        name: "goxel.rename_layer",
        aliases: &["layer.rename"],
        positional: &["layer_id", "name"],
        ignored: &[],
        about: "Renames a layer",
        refusal: Refusal(INTERNAL_ERROR, "Failed to rename layer: error code -1"),
        handler: Edit(layer::rename),
    },
    Method {
        name: "goxel.undo",
        aliases: &[],
        positional: &[],
        ignored: &[],
        about: "Takes the last edit back",
        refusal: Refusal(INTERNAL_ERROR, "Failed to undo: error code -1"),
        handler: Edit(layer::undo),
    },
    Method {
        name: "goxel.redo",
        aliases: &[],
        positional: &[],
        ignored: &[],
        about: "Makes the last undone edit again",
        refusal: Refusal(INTERNAL_ERROR, "Failed to redo: error code -1"),
        handler: Edit(layer::redo),
    },
];

/// The method of that name, canonical or not, with or without `goxel.`.
pub(crate) fn find(name: &str) -> Option<&'static Method> {
    let asked = bare(name);
    let answers_to =
        |method: &&Method| bare(method.name) == asked || method.aliases.contains(&asked);
    METHODS.iter().find(answers_to)
}

/// Why a method that is documented somewhere is not here.
pub(crate) fn why_not(name: &str) -> Option<&'static str> {
    matches!(bare(name), "execute_script" | "script.eval" | "script.execute")
        .then_some("scripting is not built in")
}

/// A method's name without `goxel.`.
pub(crate) fn bare(name: &str) -> &str {
    name.strip_prefix("goxel.").unwrap_or(name)
}
