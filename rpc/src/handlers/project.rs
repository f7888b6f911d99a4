//! Projects: open one, say what it holds, watch it, close it.

use crate::error::{Answer, Problem};
use crate::handlers::utility::VERSION;
use crate::host::{Facts, Host, JournalFacts};
use crate::job::Effect;
use crate::params::{Params, wrong};
use crate::projects::{About, OpenProject, Scope, View, author};
use crate::session::{Asked, Config, Session};
use crate::values::{PATH, integer, integer_of};
use goxel_engine::command::{Author, Command};
use goxel_engine::ops::Shape;
use goxel_engine::project::Project;
use goxel_engine::scene::Scene;
use goxel_engine::volume::{Bounds, Coord, Voxel};
use serde_json::{Value, json};
use std::time::Duration;

const DEFAULT_SIZE: i32 = 64;

/// `goxel.create_project`
pub(crate) fn create(
    config: &Config,
    host: &dyn Host,
    params: &Params<'_>,
) -> Result<(OpenProject, Value), Problem> {
    let name = params.text(&["name", "project_name"])?.unwrap_or("New Project").to_owned();
    let path = params.text(PATH)?.map(str::to_owned);
    let size = size(params)?;
    let project = template(params, size, config)?;
    let [width, height, depth] = size;
    let result = json!({
        "success": true,
        "name": name,
        "width": width,
        "height": height,
        "depth": depth,
        "project_id": null,
        "canvas_size": size,
        "layer_count": project.scene().layers.len(),
        "voxel_count": project.scene().filled(),
        "created_at": iso_8601(host.unix_seconds()),
    });
    Ok((OpenProject::new(project, About { name, path, size }), result))
}

/// `width`, `height`, `depth`, or `size`, or `dimensions`; 64 when absent or not positive.
fn size(params: &Params<'_>) -> Result<[i32; 3], Problem> {
    const NAMES: [&str; 3] = ["width", "height", "depth"];
    let [width, height, depth] = NAMES.map(|name| integer(params, name));
    let flat = [width?, height?, depth?];
    let size = match params.any(&["size", "dimensions", "canvas_size"]) {
        None => flat,
        Some((name, Value::Array(list))) if list.len() == 3 => {
            let [x, y, z] = [0, 1, 2].map(|index| integer_of(name, &list[index]).map(Some));
            [x?, y?, z?]
        }
        Some((name, number @ Value::Number(_))) => [Some(integer_of(name, number)?); 3],
        Some((_, Value::Object(map))) => {
            let [x, y, z] =
                NAMES.map(|name| map.get(name).map(|value| integer_of(name, value)).transpose());
            [x?, y?, z?]
        }
        Some((name, _)) => return Err(wrong(name, "[width, height, depth]")),
    };
    Ok(size.map(|edge| edge.filter(|edge| *edge > 0).unwrap_or(DEFAULT_SIZE)))
}

fn template(params: &Params<'_>, size: [i32; 3], config: &Config) -> Result<Project, Problem> {
    let empty = config.project_of(Scene::new());
    let shape = match params.text(&["template"])?.unwrap_or("empty") {
        "empty" | "" => return Ok(empty),
        name => Shape::from_name(name).ok_or_else(|| {
            wrong("template", "empty, cube, sphere, cylinder, cone, pyramid, torus or prism")
        })?,
    };
    // On the ground, in the middle.
    let [w, h, d] = size;
    let min = Coord::new(-(w / 2), -(h / 2), 0);
    let max = Coord::new(min.x + (w - 1), min.y + (h - 1), d - 1);
    let (layer, bounds, voxel) = (None, Bounds::around(min, max), Voxel::WHITE);
    let mut filled = empty;
    filled.apply(Command::FillShape { layer, shape, bounds, voxel }, Author::default())?;
    // What a project starts with cannot be undone.
    Ok(config.project_of(filled.scene().clone()))
}

/// `goxel.get_status`
pub(crate) fn status(asked: &Asked<'_>, host: &dyn Host, _: &Params<'_>) -> Answer {
    let Facts { uptime_seconds, connections, journal, .. } = host.facts();
    let current = match asked.project() {
        Err(problem) if !problem.is_no_project() => return Err(problem),
        project => project.ok(),
    };
    let [width, height, depth] = current.map_or([0; 3], |current| current.about.size);
    Ok(json!({
        "version": VERSION,
        "layer_count": current.map_or(0, |current| current.scene().layers.len()),
        "read_only": false,
        "width": width,
        "height": height,
        "depth": depth,
        "status": "running",
        "project": current.map(|current| &current.about.name),
        "project_id": current.map(|current| &current.id),
        "voxel_count": current.map_or(0, |current| current.scene().filled()),
        "uptime_seconds": uptime_seconds,
        "active_connections": connections,
        "journal": journal.as_ref().map(journal_status),
    }))
}

/// Positions are frames, one for each turn in which something was done; times are seconds.
fn journal_status(journal: &JournalFacts) -> Value {
    let seconds = |since: Option<Duration>| since.map(|since| since.as_secs_f64());
    json!({
        "position": journal.position,
        "acknowledged": journal.acknowledged,
        "synced": journal.synced,
        "lag": journal.position - journal.synced.min(journal.position),
        "bytes": journal.bytes,
        "unsynced_bytes": journal.unsynced_bytes,
        "seconds_since_fsync": seconds(journal.since_sync),
        "seconds_since_checkpoint": seconds(journal.since_checkpoint),
        "refusing": journal.refusing,
        "left_out": journal.left_out,
    })
}

/// `goxel.list_projects`
pub(crate) fn list(asked: &Asked<'_>, _: &dyn Host, _: &Params<'_>) -> Answer {
    let projects = asked.projects();
    Ok(json!({ "count": projects.len(), "projects": projects }))
}

/// `goxel.close_project`
pub(crate) fn close(
    session: &mut Session,
    _: &mut Scope,
    meant: Result<String, Problem>,
    _: &Params<'_>,
) -> Answer {
    let id = meant?;
    session.close(&id);
    Ok(json!({ "success": true, "project_id": id }))
}

/// `goxel.subscribe`
pub(crate) fn subscribe(
    session: &mut Session,
    scope: &mut Scope,
    meant: Result<String, Problem>,
    _: &Params<'_>,
) -> Answer {
    let id = meant?;
    session.watch(scope, &id, true);
    Ok(watched(session, &id))
}

/// `goxel.unsubscribe`
pub(crate) fn unsubscribe(
    session: &mut Session,
    scope: &mut Scope,
    meant: Result<String, Problem>,
    _: &Params<'_>,
) -> Answer {
    let id = meant?;
    session.watch(scope, &id, false);
    Ok(watched(session, &id))
}

/// `goxel.set_author`
pub(crate) fn set_author(
    _: &mut Session,
    scope: &mut Scope,
    _: Result<String, Problem>,
    params: &Params<'_>,
) -> Answer {
    scope.author = author(params.get("author").unwrap_or(&Value::Null))?;
    Ok(json!({ "success": true, "author": scope.author.0 }))
}

fn watched(session: &Session, id: &str) -> Value {
    json!({ "success": true, "project_id": id, "revision": session.revision(id) })
}

/// `goxel.get_project_info`
pub(crate) fn info(view: &View, _: &dyn Host, _: &Params<'_>) -> Result<(Value, Effect), Problem> {
    const MEGABYTE: f64 = 1048576.0;
    let scene = view.snapshot.scene();
    let bytes: usize = scene.layers.iter().map(|layer| layer.volume.bytes()).sum();
    let megabytes = bytes as f64 / MEGABYTE;
    let result = json!({
        "project_id": view.id,
        "name": view.about.name,
        "canvas_size": view.about.size,
        "layer_count": scene.layers.len(),
        "total_voxels": scene.filled(),
        "bounding_box": scene.bounds().map(corners),
        "memory_usage": { "total_mb": megabytes, "layers_mb": megabytes },
        "revision": view.snapshot.revision(),
        "file_path": view.about.path,
    });
    Ok((result, Effect::None))
}

/// `goxel.get_bounding_box`
pub(crate) fn bounding_box(
    view: &View,
    _: &dyn Host,
    params: &Params<'_>,
) -> Result<(Value, Effect), Problem> {
    let scene = view.snapshot.scene();
    let exact = crate::values::flag(params, "exact")?.unwrap_or(true);
    let bounds = match crate::layers::means_all(params) {
        true if exact => scene.bounds(),
        true => scene.layers.iter().filter_map(|l| l.volume.brick_bounds()).reduce(Bounds::union),
        false => of_layer(scene, params, exact)?,
    };
    let result = match bounds {
        None => json!({ "empty": true }),
        Some(bounds) => {
            let mut result = corners(bounds);
            result["empty"] = json!(false);
            result["dimensions"] = json!(bounds.size());
            result
        }
    };
    Ok((result, Effect::None))
}

fn of_layer(scene: &Scene, params: &Params<'_>, exact: bool) -> Result<Option<Bounds>, Problem> {
    let id = crate::layers::choice(params, scene)?.id_in(scene);
    let volume = scene.layer(id).map(|layer| &layer.volume);
    Ok(volume.and_then(|volume| if exact { volume.bounds() } else { volume.brick_bounds() }))
}

fn corners(bounds: Bounds) -> Value {
    json!({ "min": bounds.min.to_array(), "max": bounds.max.to_array() })
}

/// Seconds since 1970 as `YYYY-MM-DDThh:mm:ssZ`.
fn iso_8601(seconds: u64) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    // Years that begin in March end with the leap day.
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    let year = era * 400 + year + next;
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::iso_8601;

    #[track_caller]
    fn check(seconds: u64, expected: &str) {
        assert_eq!(iso_8601(seconds), expected);
    }

    #[test]
    fn dates_are_those_of_the_calendar() {
        check(0, "1970-01-01T00:00:00Z");
        check(951_782_399, "2000-02-28T23:59:59Z");
        check(951_782_400, "2000-02-29T00:00:00Z");
        check(1_757_325_600, "2025-09-08T10:00:00Z");
        check(4_107_542_400, "2100-03-01T00:00:00Z");
    }
}
