//! Layers in every spelling: an id, a number in a string, a name, or the active one.

use crate::error::Problem;
use crate::params::{Params, wrong};
use crate::values::floor;
use goxel_engine::scene::{LayerId, Scene};
use serde_json::{Value, json};

/// The names of the layer that a call is for.
pub(crate) const LAYER: &[&str] = &["layer_id", "layer", "layer_name"];

/// A layer that was asked for; `id` is `None` for the active one.
pub(crate) struct Choice {
    pub id: Option<LayerId>,
    /// What the reply's `layer_id` says. Legacy: the number as sent, 0 if absent.
    pub echo: i64,
}

impl Choice {
    /// The layer's id, the active one's for the active layer.
    pub fn id_in(&self, scene: &Scene) -> LayerId {
        self.id.unwrap_or(scene.active)
    }
}

/// The layer a call is for: the active one when absent.
pub(crate) fn choice(params: &Params<'_>, scene: &Scene) -> Result<Choice, Problem> {
    match params.any(LAYER) {
        None => Ok(Choice { id: None, echo: 0 }),
        Some((name, value)) => choice_of(name, value, scene),
    }
}

/// Whether a call is for all layers: -2, or "all".
pub(crate) fn means_all(params: &Params<'_>) -> bool {
    let layer = params.any(LAYER).map(|(_, value)| value);
    layer.is_some_and(|value| value.as_i64() == Some(-2) || value.as_str() == Some("all"))
}

/// A layer that must be named; a number below 1 names none. `missing` says so.
pub(crate) fn required(
    params: &Params<'_>,
    names: &[&'static str],
    scene: &Scene,
    missing: &str,
) -> Result<LayerId, Problem> {
    let given = names.iter().filter_map(|name| Some((*name, params.get(name)?)));
    let given: Vec<_> = given.filter(|(_, value)| !is_below_1(value)).collect();
    match given.first() {
        Some((name, value)) => Ok(choice_of(name, value, scene)?.id_in(scene)),
        None => Err(Problem::param(names.first().unwrap_or(&"layer_id"), missing)),
    }
}

fn is_below_1(value: &Value) -> bool {
    matches!(value, Value::Number(number) if floor(number).is_some_and(|id| id < 1))
}

fn choice_of(name: &str, value: &Value, scene: &Scene) -> Result<Choice, Problem> {
    match value {
        Value::Number(number) => by_number(floor(number).unwrap_or(i64::MAX), scene),
        Value::String(text) => by_text(text, scene),
        _ => Err(wrong(name, "a layer's id or name")),
    }
}

fn by_number(number: i64, scene: &Scene) -> Result<Choice, Problem> {
    if number < 1 {
        return Ok(Choice { id: None, echo: number });
    }
    let id = u32::try_from(number).map(LayerId).ok().filter(|id| scene.layer(*id).is_some());
    match id {
        Some(id) => Ok(Choice { id: Some(id), echo: number }),
        None => Err(no_layer(format!("no layer has id {number}"), scene)),
    }
}

fn by_text(text: &str, scene: &Scene) -> Result<Choice, Problem> {
    if matches!(text, "current" | "active") {
        return Ok(Choice { id: None, echo: 0 });
    }
    if let Ok(found) = text.parse().map_err(drop).and_then(|id| by_number(id, scene).map_err(drop))
    {
        return Ok(found);
    }
    match scene.layer_named(text) {
        Some(layer) => Ok(Choice { id: Some(layer.id), echo: i64::from(layer.id.0) }),
        None => {
            let shown = &text[..text.floor_char_boundary(64)];
            Err(no_layer(format!("no layer is called '{shown}'"), scene))
        }
    }
}

fn no_layer(detail: String, scene: &Scene) -> Problem {
    const MOST: usize = 32;
    let ids: Vec<u32> = scene.layers.iter().take(MOST).map(|layer| layer.id.0).collect();
    Problem::refused("layer_not_found", detail).with("layer_ids", json!(ids))
}

#[cfg(test)]
mod tests {
    use super::*;
    use goxel_engine::scene::Layer;

    /// Layers 1 "ground", 3 "7" and 4 "active"; 3 is active.
    fn scene() -> Scene {
        let layers = [(1, "ground"), (3, "7"), (4, "active")];
        let layers = layers.map(|(id, name)| Layer::new(LayerId(id), name)).to_vec();
        Scene { layers, active: LayerId(3), ..Scene::new() }
    }

    #[track_caller]
    fn check(value: impl Into<Value>, expected: Result<(u32, i64), &str>) {
        let params = json!({ "layer_id": value.into() });
        let found = match choice(&Params::of_call(&params, &[], ""), &scene()) {
            Ok(choice) => Ok((choice.id_in(&scene()).0, choice.echo)),
            Err(problem) => Err(problem.text()),
        };
        assert_eq!(found, expected.map_err(str::to_owned), "{params}");
    }

    #[test]
    fn nothing_zero_and_below_mean_the_active_layer() {
        check(Value::Null, Ok((3, 0)));
        check(json!(0), Ok((3, 0)));
        check(json!(-1), Ok((3, -1)));
        check(json!("current"), Ok((3, 0)));
        check(json!("active"), Ok((3, 0)));
    }

    #[test]
    fn a_layer_is_found_by_id_then_by_name() {
        check(json!(1), Ok((1, 1)));
        check(json!(1.7), Ok((1, 1)));
        check(json!("4"), Ok((4, 4)));
        check(json!("7"), Ok((3, 3)));
        check(json!("ground"), Ok((1, 1)));
    }

    #[test]
    fn a_layer_that_is_not_there_is_refused() {
        check(json!(2), Err("no layer has id 2"));
        check(json!(1e300), Err("no layer has id 9223372036854775807"));
        check(json!("sky"), Err("no layer is called 'sky'"));
        check(json!([1]), Err("Parameter 'layer_id' must be a layer's id or name"));
    }
}
